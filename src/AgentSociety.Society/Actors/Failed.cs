namespace AgentSociety.Society;

/// <summary>The answer of an actor that could not do what it was asked to, and is itself unharmed.</summary>
/// <param name="Cause">Why.</param>
public sealed record Failed(Exception Cause);
