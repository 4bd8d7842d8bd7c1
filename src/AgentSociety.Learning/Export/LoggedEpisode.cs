using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Records;

namespace AgentSociety.Learning;

/// <summary>An episode as a log holds it, with what is known of its problem and its run.</summary>
/// <param name="Run">The run's name.</param>
/// <param name="Episode">The episode.</param>
/// <param name="Problem">The problem that it solved or posed; null for a proposal that became none.</param>
public sealed record LoggedEpisode(string Run, EpisodeRecord Episode, ProblemRecord? Problem)
{
    /// <summary>What tells its run from others of the same name, such as <c>seed-101~4f0c2a9be1d7</c> (see <see cref="RunLog.KeyOf"/>); the name alone where nothing else is known.</summary>
    public string RunKey { get => field ?? Run; init; }

    /// <summary>The verifier's word on each step of the work; empty where it was not asked again: logs hold the verdict on the answer and not on steps.</summary>
    public IReadOnlyList<StepVerdict> Steps { get; init; } = [];

    /// <summary>Canonical form of the problem that a proposal poses which was not played, so that no problem of the log is it; null where it is no problem, or nobody has read it.</summary>
    public string? Posed { get; init; }

    /// <summary>True where that problem is kept for held-out tests: its text belongs to no training.</summary>
    public bool Reserved { get; init; }

    /// <summary>Game and seat that its problem was played from; empty where there is one side only, or nobody has asked.</summary>
    public string Seat { get; init; } = "";

    /// <summary>The kind of its problem where the environment has several; null where there is one, or nobody has asked.</summary>
    public string? Kind { get; init; }

    /// <summary>The environment of its run, which tells its kind from one of the same name elsewhere; null where nobody has asked.</summary>
    public string? Environment { get; init; }

    /// <summary>Keys (see <see cref="ProblemKey"/>) of the played problems that its prompt shows whole, such as the earlier problems that a proposer is to differ from; empty where nobody has asked.</summary>
    public IReadOnlyList<string> Quoted { get; init; } = [];

    /// <summary>What its problem shares with others that stay together in a split (<see cref="IEnvironment.SplitKey"/>), that of a proposal that was not played too; null where it stands alone, or nobody has asked.</summary>
    public string? Family { get; init; }

    /// <summary>The temperature that it was sampled at; null where that is not known.</summary>
    public double? Temperature { get; init; }

    /// <summary>The most tokens that it might have taken; null where that is not known.</summary>
    public int? MaximumTokens { get; init; }

    /// <summary>What identifies its problem, or the problems that it stays together with, across runs: episodes with the same one are never parted between training and test.</summary>
    /// <remarks>A proposal that nobody has read as a problem is known by its text: the same text is then on one side.</remarks>
    public string ProblemKey => Family ?? Problem?.CanonicalForm ?? Posed ?? (Episode.Role == Role.Proposer ? string.Concat(Exporter.Text(Episode, Source.Model).Where(letter => !char.IsWhiteSpace(letter))) : $"{RunKey}/{Episode.Id}");

    /// <summary>Key of its group: the attempts at one problem in one round of one run, or the reviews of those attempts; null for the proposal that the problem came from.</summary>
    public string? Group => Problem is null || Episode.Role == Role.Proposer ? null : $"{RunKey}/{Problem.Id}{(Episode.Role == Role.Critic ? "/review" : "")}";

    /// <summary>Pages read, each as <c>PAGE@REVISION</c>, in order and once.</summary>
    public IReadOnlyList<string> PagesRead =>
        [.. Episode.ToolCalls.Where(call => call is { Page: not null, Revision: not null }).Select(call => $"{call.Page}@{call.Revision}").Distinct(StringComparer.Ordinal)];
}
