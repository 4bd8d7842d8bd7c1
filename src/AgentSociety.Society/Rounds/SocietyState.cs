using System.Text.Json;
using AgentSociety.Core;
using AgentSociety.Learning;

namespace AgentSociety.Society;

/// <summary>What a society must remember between rounds beside its database, its scratchpad and its weights; stored with every round.</summary>
public sealed record SocietyState
{
    /// <summary>Name of the folder under <c>checkpoints/</c> that holds the weights and the optimizer of the newest resume point.</summary>
    public required string ResumePoint { get; init; }

    /// <summary>The round after which that folder was written, where it is not this one; rounds since are learned again on resumption.</summary>
    public int? ResumeRound { get; init; }

    /// <summary>Solve rates by difficulty, as the proposers' reward knows them.</summary>
    public required string ProposerReward { get; init; }

    /// <summary>Running baselines of roles.</summary>
    public required string Credit { get; init; }

    /// <summary>How many rounds each sign of collapse has lasted.</summary>
    public required IReadOnlyDictionary<string, int> Signs { get; init; }

    /// <summary>Matched rollouts that the scratchpad is told of before the next round.</summary>
    public IReadOnlyList<CandidateReport> Reports { get; init; } = [];

    /// <summary>Decisions of editors that the scratchpad's writer carries out before the next round.</summary>
    public IReadOnlyList<EditDecision> Decisions { get; init; } = [];

    /// <summary>Waiting edits that editors could not decide.</summary>
    public IReadOnlyList<long> LeftToPeople { get; init; } = [];

    /// <summary>True where a guard ended the run with this round.</summary>
    public bool Stopped { get; init; }

    /// <summary>The past selves that sit opposite, where the environment is a league; null elsewhere.</summary>
    public string? PastSelves { get; init; }

    /// <summary>What the newborn of the round's test plays in a game of two: a table of probabilities by what the mover sees; null where none was read.</summary>
    public string? Strategy { get; init; }

    /// <summary>Which held-out test the run takes (<see cref="HeldOutTest.Fingerprint"/>); null in runs that were stored before this was.</summary>
    public string? HeldOut { get; init; }

    /// <summary>The state as it is stored.</summary>
    public string Save() => JsonSerializer.Serialize(this);

    /// <summary>Reads a stored state.</summary>
    /// <exception cref="SocietyException">It is not one of this program.</exception>
    public static SocietyState Load(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<SocietyState>(json)!;
        }
        catch (JsonException cause)
        {
            throw new SocietyException($"the stored state of the run cannot be read ({cause.Message}); it was made by another version of this program", badInput: false, cause);
        }
    }
}

/// <summary>The parts of a society that learn from round to round without a gradient.</summary>
internal sealed class RoundMemory
{
    /// <summary>The memory of a new run, or of one that goes on.</summary>
    public RoundMemory(RunPlan plan, Func<IReadOnlyList<int>, IReadOnlyList<int>> tokenLengths, SocietyState? state)
    {
        Reward = new ProposerReward(plan.Scenario.SelfPlay.Proposer);
        Credit = new CreditAssignment(plan.Scenario.Learning, tokenLengths);
        Guard = new CollapseGuard(plan.Scenario.Guards, state?.Signs);
        if (state is null) return;
        Reward.LoadState(state.ProposerReward);
        Credit.LoadState(state.Credit);
    }

    public ProposerReward Reward { get; }

    public CreditAssignment Credit { get; }

    public CollapseGuard Guard { get; }

    public SocietyState Save(string resumePoint) => new()
    {
        ResumePoint = resumePoint,
        ProposerReward = Reward.SaveState(),
        Credit = Credit.SaveState(),
        Signs = new Dictionary<string, int>(Guard.Lasting),
    };
}
