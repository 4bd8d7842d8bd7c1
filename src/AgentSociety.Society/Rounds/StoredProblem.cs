using AgentSociety.Core.Environments;
using AgentSociety.Core.Records;

namespace AgentSociety.Society;

/// <summary>Problems as they were accepted: what was played is not judged a second time, by another version or on a slower machine.</summary>
internal static class StoredProblem
{
    /// <summary>The problem of a record, without its seat and its kind, which records do not hold.</summary>
    public static Problem Of(ProblemRecord record) => new() { Text = record.Text, Difficulty = record.Difficulty, CanonicalForm = record.CanonicalForm };

    /// <summary>The problem of a record; the environment says by its text which seat plays and which kind of task it is. Without them where it does not read the text any more.</summary>
    public static Problem Of(IEnvironment environment, ProblemRecord record) => environment.Recall(Of(record)) ?? Of(record);
}
