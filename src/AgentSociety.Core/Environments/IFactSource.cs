namespace AgentSociety.Core.Environments;

/// <summary>An environment whose world holds facts that notes can carry: what makes the fidelity of a culture measurable.</summary>
/// <remarks>For measuring and for controls only. Whoever plays must find the facts by experiment or read them.</remarks>
public interface IFactSource
{
    /// <summary>Every fact of the world on the page where tools look it up: oracle notes, and the denominator of coverage.</summary>
    IReadOnlyList<FactPage> Facts { get; }

    /// <summary>What one line of a page says of the world. Never throws, whatever the line holds.</summary>
    FactTruth Judge(string line);
}

/// <summary>The true facts of one page.</summary>
/// <param name="Page">Full page name, such as <c>notes/operator-c</c>.</param>
/// <param name="Lines">One fact a line, in the exact form that tools read; joined by line ends they are the true page.</param>
public sealed record FactPage(string Page, IReadOnlyList<string> Lines);

/// <summary>What a line says of the world.</summary>
public enum FactTruth
{
    /// <summary>The line states no fact: prose, a heading, a garbled fact.</summary>
    NoFact,

    /// <summary>The line states a fact, and it is so.</summary>
    True,

    /// <summary>The line states a fact, and it is not so.</summary>
    False,
}
