namespace AgentSociety.Models.Templates;

/// <summary>A template that cannot be read or run; <see cref="ChatTemplate"/> reports it with its file.</summary>
internal sealed class JinjaException(int line, string message) : Exception(message)
{
    /// <summary>The template's line, counted from 1.</summary>
    public int Line { get; } = line;
}
