using AgentSociety.Core.Environments;
using AgentSociety.Core.Randomness;
using AgentSociety.Environments.DataSets;

namespace AgentSociety.Society;

/// <summary>A problem that is played in a round.</summary>
/// <param name="Id">Such as <c>12/3</c>.</param>
/// <param name="Problem">The problem.</param>
/// <param name="Proposer">Who posed it; null where it was drawn from the fixed distribution.</param>
public sealed record PosedProblem(string Id, Problem Problem, string? Proposer);

/// <summary>What became of a proposal.</summary>
public enum Fate
{
    /// <summary>It is no problem, or one that holds a character that the environment's alphabet lacks.</summary>
    Malformed,

    /// <summary>It was posed before.</summary>
    Duplicate,

    /// <summary>It is a problem that is kept for held-out tests, and is not played.</summary>
    Reserved,

    /// <summary>It repeats a run of words of a question of the held-out test, and is not played.</summary>
    Contaminated,

    /// <summary>It is a new problem, and the round had enough of them.</summary>
    Surplus,

    /// <summary>It is played.</summary>
    Played,
}

/// <summary>Chooses the problems of a round from what was proposed.</summary>
/// <param name="Problems">The problems, in order of their ids.</param>
/// <param name="Fates">What became of each proposal, in order of the proposals.</param>
/// <param name="Reserved">Canonical forms of the proposals that are not played for the sake of held-out tests: reserved ones, and those that would give one away.</param>
/// <param name="Screened">True where proposals were held against the questions of the held-out test.</param>
public sealed record ProblemSelection(IReadOnlyList<PosedProblem> Problems, IReadOnlyList<(Fate Fate, string? Problem)> Fates, IReadOnlyList<string> Reserved, bool Screened = false)
{
    /// <summary>Takes valid new proposals in their order until the round is full.</summary>
    /// <param name="plan">The run.</param>
    /// <param name="round">The round.</param>
    /// <param name="proposals">What was proposed, with the proposers' names.</param>
    /// <param name="before">Canonical forms of what was posed in earlier rounds: problems that were played and reserved ones, which nobody may be paid for twice either.</param>
    /// <param name="heldOut">The questions of the held-out test, where problems are told in words; null elsewhere.</param>
    public static ProblemSelection Of(RunPlan plan, int round, IReadOnlyList<(Proposal Proposal, string Proposer)> proposals, IReadOnlySet<string> before, Contamination? heldOut = null)
    {
        int room = plan.Scenario.SelfPlay.ProblemsPerRound;
        List<PosedProblem> problems = [];
        HashSet<string> posed = new(StringComparer.Ordinal);
        List<(Fate, string?)> fates = [];
        List<string> reserved = [];
        HashSet<char> alphabet = [.. plan.Environment.Alphabet];
        foreach ((Proposal proposal, string proposer) in proposals)
        {
            Fate fate = proposal.Problem is not { } problem || !Spelled(plan, alphabet, problem, round, problems.Count) ? Fate.Malformed
                : before.Contains(problem.CanonicalForm) || !posed.Add(problem.CanonicalForm) ? Fate.Duplicate
                : Reservation.Holds(plan.Environment, problem) ? Fate.Reserved
                : heldOut?.Touches(problem.Text) == true ? Fate.Contaminated
                : problems.Count == room ? Fate.Surplus
                : Fate.Played;
            if (fate == Fate.Played) problems.Add(new PosedProblem($"{round}/{problems.Count}", proposal.Problem!, proposer));
            if (fate is Fate.Reserved or Fate.Contaminated) reserved.Add(proposal.Problem!.CanonicalForm);
            fates.Add((fate, fate == Fate.Played ? problems[^1].Id : null));
        }

        bool fill = !plan.Scenario.SelfPlay.Enabled || plan.Scenario.SelfPlay.TopUp;
        while (fill && problems.Count < room) problems.Add(new PosedProblem($"{round}/{problems.Count}", FromDistribution(plan, round, problems.Count, heldOut), null));
        return new ProblemSelection(problems, fates, reserved, heldOut is not null);
    }

    /// <summary>True where the problem and what a solver would see of it hold no character that the environment's alphabet lacks, and so none that a vocabulary of characters lacks: such a prompt could not be read, and would end the run.</summary>
    private static bool Spelled(RunPlan plan, HashSet<char> alphabet, Problem problem, int round, int index) =>
        problem.Text.All(alphabet.Contains) && plan.Environment.SolverPrompt(problem, KeyedRandom.For(plan.Seed, "solve/prompt", round, index)).All(alphabet.Contains);

    /// <summary>A problem of the distribution that the base model was trained on.</summary>
    private static Problem FromDistribution(RunPlan plan, int round, int index, Contamination? heldOut)
    {
        KeyedRandom random = KeyedRandom.For(plan.Seed, "distribution", round, index);
        int hardest = Math.Min(plan.Scenario.Pretrain.MaximumDifficulty, plan.Environment.MaximumDifficulty);
        return GuardedDraw.Problem(plan.Environment, hardest, random, heldOut, (most, draw) => plan.Environment.Generate(draw.Next(1, most), draw));
    }
}
