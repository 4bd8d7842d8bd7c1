namespace AgentSociety.Core.Play;

/// <summary>Who put a piece of text into a transcript.</summary>
public enum Source
{
    /// <summary>The prompt that the environment wrote.</summary>
    Prompt,

    /// <summary>Sampled from the model: the only text that is trained on.</summary>
    Model,

    /// <summary>Inserted by a tool while the model waited.</summary>
    Tool,
}

/// <summary>A run of text from one source.</summary>
/// <param name="Source">Who wrote it.</param>
/// <param name="Text">What was written.</param>
public sealed record Segment(Source Source, string Text);
