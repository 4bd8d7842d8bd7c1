using System.Text.Json;
using AgentSociety.Core;
using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Scenarios;
using AgentSociety.Culture;
using AgentSociety.Environments.DataSets;
using AgentSociety.Learning;
using AgentSociety.Models;

namespace AgentSociety.Society;

/// <summary>What a model can learn from the notes of a run that is over: it attempts the problems that the run's population met with the scratchpad at hand, and what came out right becomes lessons without it.</summary>
/// <remarks>
/// Unlike a sleep inside a run, whose lessons are what the population wrote, the teacher here is the model that is to learn, so that it need not be the run's own. It reads what a newborn of the run
/// would read after its last round, and may try nothing. Problems that are kept for tests are asked in the tests alone. The database must stay open meanwhile.
/// </remarks>
public sealed class NotesTeacher
{
    private const int ProblemsTogether = 256;

    private readonly RunPlan _plan;
    private readonly INotes _notes;
    private readonly Contamination? _heldOut;
    private readonly Problem[] _problems;

    private NotesTeacher(string run, RunPlan plan, INotes notes, Contamination? heldOut, Problem[] problems) => (Run, _plan, _notes, _heldOut, _problems) = (run, plan, notes, heldOut, problems);

    /// <summary>Opens the notes of a run.</summary>
    /// <param name="database">Its database.</param>
    /// <param name="log">Its episodes; the problems that were attempted in them are attempted again.</param>
    /// <exception cref="SocietyException">The run has nothing that could be read, or nothing was attempted.</exception>
    public static NotesTeacher Of(SocietyDatabase database, IEnumerable<LoggedEpisode> log)
    {
        RunRecords records = new(database);
        string run = records.Run().Name;
        StoredRound last = records.LastRound() ?? throw new SocietyException($"{run}: the run has stored no round yet; there are no notes to distil");
        RunPlan plan = RunPlan.Of(database);
        if (!plan.HasTools) throw new SocietyException($"{run}: in the environment '{plan.Environment.Name}' nothing can be looked up, so that notes teach nothing there; use another method, such as rejection-sampling");
        CultureSettings culture = plan.Scenario.Culture;
        if (culture.Sharing != Sharing.Shared)
            throw new SocietyException($"{run}: culture.sharing is {NamedMethod.NameOf(culture.Sharing)}, so that there is no scratchpad which a newborn could read and distillation could teach; take a run with culture.sharing: shared, or another method");
        INotes notes = NotesAccess.After(plan, database, last.Round).OfNewborn(last.Round);
        if (!NotesAccess.HoldAny(notes, culture)) throw new SocietyException($"{run}: its newborns find no page to read, so that there is nothing to distil; take a run whose scratchpad holds notes, or another method");
        Contamination? heldOut = HeldOutTest.Guarded(plan);
        Problem[] problems =
        [
            .. log.Where(logged => logged is { Episode.Role: Role.Solver, Problem: not null }).Select(logged => logged.Problem!).Reverse().DistinctBy(problem => problem.CanonicalForm)
                .Select(problem => StoredProblem.Of(plan.Environment, problem)).Where(problem => !Reservation.Holds(plan.Environment, problem) && heldOut?.Touches(problem.Text) != true),
        ];
        if (problems.Length == 0) throw new SocietyException($"{run}: the log holds no attempt that passes the filter, and so no problem to attempt with the notes; widen it");
        return new NotesTeacher(run, plan, notes, heldOut, problems);
    }

    /// <summary>The run's name.</summary>
    public string Run { get; }

    /// <summary>How many different problems are attempted.</summary>
    public int Problems => _problems.Length;

    /// <summary>Base material of the run's environment, against forgetting; null where it has none.</summary>
    public IDemonstrator? Replay => GuardedDraw.Material(_plan.Environment, _heldOut);

    /// <summary>What of it is drawn.</summary>
    public PretrainSettings Material => _plan.Scenario.Pretrain;

    /// <summary>What is read, page by page: notes that were edited since are others.</summary>
    public string Pages => string.Join('\n', _notes.List("").Select(page => $"{page}@{_notes.Read(page)?.Revision}"));

    /// <summary>Holds runs against each other.</summary>
    /// <exception cref="SocietyException">They are of several worlds, whose notes contradict each other.</exception>
    public static void RequireOneWorld(IReadOnlyList<NotesTeacher> teachers)
    {
        if (teachers.FirstOrDefault(teacher => World(teacher._plan) != World(teachers[0]._plan)) is { } other)
            throw new SocietyException($"{teachers[0].Run} and {other.Run} are of two worlds (environment, options and seed), and what notes say of one is wrong in the other; distil runs of one world, or one run after the other");
    }

    /// <summary>Attempts the problems with the notes at hand.</summary>
    /// <param name="model">Who attempts them.</param>
    /// <param name="adapter">The adapter that it attempts them with, where the model has it.</param>
    /// <param name="most">How many lessons are enough: problems are attempted once more, as often as the run's population attempted each, until there are as many.</param>
    /// <param name="seed">Of the draws.</param>
    /// <param name="stop">Checked between steps.</param>
    /// <returns>Sound attempts that found in the notes what they needed, each text once; those at the latest problems first.</returns>
    /// <exception cref="SocietyException">No attempt was of use.</exception>
    public IReadOnlyList<Lesson> Lessons(LanguageModel model, string adapter, int most, ulong seed, CancellationToken stop = default)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        List<Lesson> lessons = [];
        int sound = 0;
        for (int turn = 0; turn < _plan.Scenario.SelfPlay.AttemptsPerProblem && lessons.Count < most; turn++)
        {
            foreach ((Problem problem, Generation generation, IReadOnlyList<ToolCall> calls) in Attempts(model, adapter, turn, seed, stop))
            {
                bool right = _plan.Environment.Verify(problem, generation.Segments).Sound;
                sound += right ? 1 : 0;
                if (!SleepLessons.FoundInNotes(right, calls) || !seen.Add(string.Concat(generation.Segments.Select(segment => segment.Text)))) continue;
                Lesson lesson = Lesson.Of(_plan.Environment, problem, generation.Segments);
                if (!lesson.WithNotes.SequenceEqual(lesson.WithoutNotes)) lessons.Add(lesson);
                if (lessons.Count == most) break;
            }
        }

        if (lessons.Count > 0) return lessons;
        throw new SocietyException(sound == 0
            ? $"{Run}: of {_problems.Length:N0} problems that its population met the model solved none with the notes at hand, so that it has nothing to teach itself; take a base that plays this environment, such as the run's own"
            : $"{Run}: none of the {sound:N0} sound attempts found what it needed in the notes alone; there is nothing that the model does not know without them");
    }

    /// <summary>Asks newborns the run's held-out problems with its notes and without, and older tasks: those that base models of the environment are trained on, in a world of another seed whose every fact can be read.</summary>
    /// <param name="model">Who is asked.</param>
    /// <param name="adapter">The adapter that answers, where the model has it.</param>
    /// <param name="problemsPerDifficulty">How many problems.</param>
    /// <param name="stop">Checked between steps.</param>
    public SleepTest Test(LanguageModel model, string adapter, int problemsPerDifficulty, CancellationToken stop = default) =>
        SleepPhase.Test(_plan with { Population = [.. _plan.Population.Select(agent => agent with { Adapter = adapter })] }, model, _notes, problemsPerDifficulty, stop);

    // Some at a time, so that a log of many problems is attempted no further than lessons are wanted.
    private IEnumerable<(Problem, Generation, IReadOnlyList<ToolCall>)> Attempts(LanguageModel model, string adapter, int turn, ulong seed, CancellationToken stop) =>
        Enumerable.Range(0, _problems.Length).Chunk(ProblemsTogether).SelectMany(chosen => Attempts(model, adapter, turn, chosen, seed, stop));

    private IEnumerable<(Problem, Generation, IReadOnlyList<ToolCall>)> Attempts(LanguageModel model, string adapter, int turn, int[] chosen, ulong seed, CancellationToken stop)
    {
        using DecodingEngine engine = new(model);
        Dictionary<int, IToolSession> tools = [];
        foreach (int index in chosen)
        {
            string prompt = _plan.Environment.SolverPrompt(_problems[index], KeyedRandom.For(seed, "distillation/prompt", index, turn));
            tools[index] = _plan.Environment.OpenTools(_problems[index], new ToolAccess { Notes = _notes })!;
            engine.Submit(new GenerationRequest
            {
                Id = index.ToString(),
                Prompt = model.Tokenizer.EncodePrompt(prompt),
                Adapter = model.Adapters.ContainsKey(adapter) ? adapter : null,
                Sampling = new SamplingSettings { Temperature = _plan.Scenario.SelfPlay.Temperature },
                Key = KeyedRandom.Key(seed, "distillation/sample", index, turn),
                Tools = tools[index],
                MaximumTokens = _plan.Scenario.SelfPlay.MaximumTokens,
            });
        }

        Dictionary<int, Generation> ended = engine.Finish(stop).ToDictionary(generation => int.Parse(generation.Id));
        return [.. chosen.Select(index => (_problems[index], ended[index], tools[index].Calls))];
    }

    private static string World(RunPlan plan) => $"{plan.Environment.Name} {plan.Seed} {JsonSerializer.Serialize(plan.Loaded.EnvironmentOptions, plan.Loaded.EnvironmentOptions.GetType())}";
}
