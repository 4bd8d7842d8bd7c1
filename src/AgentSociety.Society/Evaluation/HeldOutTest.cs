using System.Security.Cryptography;
using System.Text;
using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Records;
using AgentSociety.Environments.DataSets;
using AgentSociety.Models;

namespace AgentSociety.Society;

/// <summary>The held-out test: reserved problems, answered by newborns that have weights and, where they may read, the scratchpad.</summary>
/// <remarks>
/// A test's problems follow from the run's seed and the difficulty, so that every test of a run asks the same ones and a longer test asks more
/// of them. Newborns may not experiment: what they do not know already they can only read. Where attempts have no tools there is nothing to
/// read with, and one test, counted as reading, stands for both.
/// </remarks>
public static class HeldOutTest
{
    /// <summary>A question of the test.</summary>
    /// <param name="Problem">A reserved problem.</param>
    /// <param name="Prompt">How it is put.</param>
    /// <param name="Reading">Whether the newborn may read.</param>
    /// <param name="Newborn">Which newborn is asked: where each has weights of its own, the same ones read and do not.</param>
    public sealed record Question(Problem Problem, string Prompt, bool Reading, int Newborn)
    {
        /// <summary>What is kept of an answer. The episode's problem is none that was played.</summary>
        internal AnswerRecord Answered(string test, EpisodeRecord episode) =>
            new() { Test = test, Problem = Problem.Text, Difficulty = Problem.Difficulty, Reading = Reading, Episode = episode with { Problem = null } };
    }

    /// <summary>The test's questions: at each difficulty as many different reserved problems as can be found, up to the number asked for.</summary>
    public static IReadOnlyList<Question> Questions(RunPlan plan, int problemsPerDifficulty)
    {
        List<Question> questions = [];
        int newborn = 0;
        bool[] readings = plan.HasTools ? [true, false] : [true];
        foreach (int difficulty in plan.Scenario.Evaluation.Difficulties)
        {
            foreach (Problem problem in Problems(plan, difficulty, problemsPerDifficulty))
            {
                string prompt = plan.Environment.SolverPrompt(problem, KeyedRandom.For(plan.Seed, $"held-out/prompt/{problem.CanonicalForm}"));
                questions.AddRange(readings.Select(reading => new Question(problem, prompt, reading, newborn)));
                newborn++;
            }
        }

        return questions;
    }

    /// <summary>What a problem that is played may not repeat: the questions of the longest test; null where problems are not told in words.</summary>
    public static Contamination? Guarded(RunPlan plan) => plan.Environment is IWordedProblems { SharedWords: > 0 } worded
        ? new(Questions(plan, Longest(plan)).Select(question => question.Problem.Text), worded.SharedWords) : null;

    /// <summary>SHA-256 in hexadecimal of the canonical forms of the longest test, by difficulty and in their order: where it is another, results are those of another test.</summary>
    public static string Fingerprint(RunPlan plan)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (int difficulty in plan.Scenario.Evaluation.Difficulties)
        {
            foreach (Problem problem in Problems(plan, difficulty, Longest(plan))) hash.AppendData(Encoding.UTF8.GetBytes($"{difficulty} {problem.CanonicalForm.Length} {problem.CanonicalForm}\n"));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Counts what was answered.</summary>
    public static IReadOnlyList<HeldOutRecord> Score(IEnumerable<(Question Question, Verdict Verdict)> answers) =>
    [
        .. answers.GroupBy(answer => (answer.Question.Reading, answer.Question.Problem.Difficulty)).OrderByDescending(group => group.Key.Reading).ThenBy(group => group.Key.Difficulty)
            .Select(group => new HeldOutRecord
            {
                Difficulty = group.Key.Difficulty,
                Reading = group.Key.Reading,
                Correct = group.Count(answer => answer.Verdict.Outcome == Outcome.Correct),
                Sound = group.Count(answer => answer.Verdict.Sound),
                Count = group.Count(),
            }),
    ];

    /// <summary>The greatest difficulty that newborns solve while reading; 0 where they solve none.</summary>
    public static int Frontier(IReadOnlyList<HeldOutRecord> results, double solvedAt) =>
        results.Where(result => result.Reading && result.Correct >= solvedAt * result.Count).Select(result => result.Difficulty).DefaultIfEmpty(0).Max();

    /// <summary>Takes the test outside of a run. Call it on a thread that may be busy for long.</summary>
    /// <param name="plan">The run whose world and problems are asked.</param>
    /// <param name="model">The weights.</param>
    /// <param name="notes">What those who read see.</param>
    /// <param name="problemsPerDifficulty">How many problems.</param>
    /// <param name="asked">Which of the questions are asked; null for all.</param>
    /// <param name="stop">Checked between steps.</param>
    public static IReadOnlyList<HeldOutRecord> Take(RunPlan plan, LanguageModel model, INotes notes, int problemsPerDifficulty, Func<Question, bool>? asked = null, CancellationToken stop = default)
    {
        Question[] questions = [.. Questions(plan, problemsPerDifficulty).Where(question => asked?.Invoke(question) != false)];
        using DecodingEngine engine = new(model);
        for (int index = 0; index < questions.Length; index++)
        {
            Question question = questions[index];
            engine.Submit(new GenerationRequest
            {
                Id = index.ToString(),
                Prompt = model.Tokenizer.EncodePrompt(question.Prompt),
                Adapter = model.Adapters.ContainsKey(plan.Newborn(question.Newborn).Adapter) ? plan.Newborn(question.Newborn).Adapter : null,
                Sampling = new SamplingSettings { Temperature = plan.Scenario.Evaluation.Temperature },
                Key = Key(plan, index),
                Tools = plan.Environment.OpenTools(question.Problem, Access(question, notes)),
                MaximumTokens = plan.Scenario.SelfPlay.MaximumTokens,
            });
        }

        List<(Question, Verdict)> answers = [];
        foreach (Generation generation in engine.Finish(stop))
        {
            Question question = questions[int.Parse(generation.Id)];
            answers.Add((question, plan.Environment.Verify(question.Problem, generation.Segments)));
        }

        return Score(answers);
    }

    /// <summary>The random stream of an answer, where the test samples.</summary>
    internal static ulong Key(RunPlan plan, int question) => KeyedRandom.Key(plan.Seed, "held-out/sample", question);

    /// <summary>What a newborn's tools may reach.</summary>
    internal static ToolAccess Access(Question question, INotes notes) => new() { Notes = question.Reading ? notes : EmptyNotes.Instance };

    private static int Longest(RunPlan plan) => Math.Max(plan.Scenario.Evaluation.ProblemsPerDifficulty, plan.Scenario.Evaluation.FinalProblemsPerDifficulty);

    private static IEnumerable<Problem> Problems(RunPlan plan, int difficulty, int wanted)
    {
        // Easy problems are few: draws stop once new ones have become rare.
        int drawsLeft = 400 * wanted;
        HashSet<string> found = new(StringComparer.Ordinal);
        KeyedRandom random = KeyedRandom.For(plan.Seed, "held-out", difficulty);
        while (found.Count < wanted && drawsLeft-- > 0)
        {
            Problem problem = plan.Environment.Generate(difficulty, random);
            if (Reservation.Holds(plan.Environment, problem) && found.Add(problem.CanonicalForm)) yield return problem;
        }
    }
}
