namespace AgentSociety.Core.Environments;

/// <summary>An environment whose problems are told in words, so that one gives another away where it repeats a run of its words.</summary>
/// <remarks>Optional. A proposal that shares such a run with a question of the held-out test is not played, as a reserved one is not.</remarks>
public interface IWordedProblems
{
    /// <summary>Words in a row that no problem that is played may share with a question of the held-out test; 0 for no such rule.</summary>
    int SharedWords { get; }
}
