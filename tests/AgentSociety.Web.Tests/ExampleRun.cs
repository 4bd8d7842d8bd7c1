using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Records;
using AgentSociety.Culture;

namespace AgentSociety.Web.Tests;

/// <summary>A run on disk that is written the way a society writes it: through the run records and the scratchpad.</summary>
public sealed class ExampleRun : IDisposable
{
    private const string Facts = "abcdefgh";
    private readonly KeyedRandom _random;
    private readonly RunRecords _records;
    private readonly int _solvers;
    private readonly int _problems;
    private readonly int _attempts;
    private int _key;

    public ExampleRun(string directory, string name, int seed = 1, int planned = 60, int solvers = 4, int problems = 8, int attempts = 8, EditRules? rules = null, string culture = "")
    {
        Directory = Path.Combine(directory, name);
        System.IO.Directory.CreateDirectory(Directory);
        (_solvers, _problems, _attempts) = (solvers, problems, attempts);
        _random = KeyedRandom.For((ulong)seed, "example");
        Database = SocietyDatabase.Open(Path.Combine(Directory, "society.db"));
        Scratchpad = new Scratchpad(Database, rules: rules);
        _records = new RunRecords(Database);
        _records.Begin(new RunInfo
        {
            Name = name,
            Scenario = $"name: hidden-operators\ndescription: Solvers learn a world of hidden operators and write down what they find.\nseed: {seed}\nenvironment:\n  name: hidden-operators\nselfPlay:\n  rounds: {planned}\n  attemptsPerProblem: {attempts}\n{culture}",
            ScenarioHash = new string('c', 64),
            Seed = seed,
            Versions = new Dictionary<string, string> { ["program"] = "0.1.0", ["TorchSharp"] = "0.107.0" },
        });
    }

    public string Directory { get; }

    public SocietyDatabase Database { get; }

    public Scratchpad Scratchpad { get; }

    public PageArchive Pages => new(Database);

    public int Round { get; private set; } = -1;

    /// <summary>Plays rounds, from 0 on.</summary>
    public ExampleRun Play(int rounds)
    {
        for (int round = 0; round < rounds; round++) PlayRound();
        return this;
    }

    public void PlayRound()
    {
        int round = ++Round;
        double skill = 1 - Math.Exp(-round / 18.0);
        List<ProblemRecord> problems = [];
        List<EpisodeRecord> episodes = [];
        List<EditRequest> edits = [];
        for (int problem = 0; problem < (round == 0 ? 0 : _problems); problem++)
        {
            int difficulty = 1 + Math.Min(7, (int)(_random.NextDouble() * (2 + round / 9.0)));
            string text = new string([.. Enumerable.Range(0, difficulty).Select(_ => _random.Choose(Facts.ToCharArray()))]) + _random.Next(10) + "=";
            string id = $"{round}/{problem}";
            int solved = 0;
            for (int attempt = 0; attempt < _attempts; attempt++)
            {
                bool right = _random.NextDouble() < Math.Clamp(skill * 1.25 - 0.09 * difficulty, 0.04, 0.97);
                if (right) solved++;
                episodes.Add(Attempt(round, problem, attempt, id, text, right, edits));
            }

            string proposer = $"proposer-{1 + problem % 2}";
            problems.Add(new ProblemRecord { Id = id, Round = round, Text = text, Difficulty = difficulty, CanonicalForm = text, Proposer = proposer, SolveRate = (double)solved / _attempts });
            episodes.Add(Episode($"{round}/propose/{problem}", round, proposer, Role.Proposer, id, 0, [new Segment(Source.Prompt, $"{difficulty}>"), new Segment(Source.Model, text)], [], true, "a new problem", 4.0 * solved / _attempts * (1 - (double)solved / _attempts)));
        }

        Scratchpad.Commit(edits);
        bool tested = round % 5 == 0;
        double rate = problems.Count == 0 ? 0 : problems.Average(problem => problem.SolveRate);
        _records.Append(new RoundRecord
        {
            Round = round,
            State = "{}",
            Problems = problems,
            Episodes = episodes,
            Batches = [.. episodes.Where(episode => episode.Advantage != 0).Chunk(16).Select((batch, step) => new TrainingBatchRecord { Weights = "base", Step = step, Demonstrations = 16, Episodes = [.. batch.Select(episode => new TrainedEpisode(episode.Id, 1.0 / 600, episode.Advantage))] })],
            Metrics = round == 0 ? [] :
            [
                new("solve-rate", rate), new("sound-rate", rate * 0.9), new("lucky-rate", rate * 0.1), new("proposed-difficulty", problems.Average(problem => problem.Difficulty)), new("frontier", Math.Floor(1 + round / 9.0)),
                new("entropy/solver", 0.5 * Math.Exp(-round / 60.0) + 0.05 * _random.NextDouble()), new("entropy/proposer", 1.9 * Math.Exp(-round / 90.0) + 0.1 * _random.NextDouble()), new("loss", 0.4 * Math.Exp(-round / 20.0) + 0.03 * _random.NextDouble()),
                new("gradient-norm", 0.6 + 0.3 * _random.NextDouble()), new("clip-fraction", 0.05 * _random.NextDouble()), new("divergence", 0.004 * round), new("proposals/valid", 40 + _random.Next(20)), new("proposals/malformed", _random.Next(8)),
                new("proposals/duplicate", _random.Next(12)), new("distinct-4", 0.7 - 0.001 * round), new("self-bleu", 0.3 + 0.002 * round), new("silent-groups", 0.3 + 0.2 * _random.NextDouble()), new("pages", Scratchpad.Snapshot().List("").Count),
                new("revisions", Database.Tip().Revision), new("seconds/round", 6 + _random.NextDouble()), new("seconds/decode", 2 + _random.NextDouble()), new("seconds/train", 3 + _random.NextDouble()), new("tokens/decoded", 60_000 + _random.Next(9_000)), new("tokens/trained", 52_000 + _random.Next(9_000)),
                .. tested ? CultureSeries.Of(Database.MeasureCulture()) : [],
            ],
            HeldOut = !tested ? [] : [.. from difficulty in Enumerable.Range(1, 6)
                                               from reading in (bool[])[false, true]
                                               let share = Math.Clamp((reading ? skill : skill * 0.3) * 1.2 - 0.08 * difficulty + 0.05 * _random.NextDouble(), 0, 1)
                                               select new HeldOutRecord { Difficulty = difficulty, Reading = reading, Correct = (int)(64 * share), Sound = (int)(60 * share), Count = 64 }],
            Answers = !tested ? [] : [.. Enumerable.Range(0, 24).Select(place => Answer(round, place))],
            Checkpoint = round % 10 == 0 ? new CheckpointRecord($"round-{round}", round) : null,
        });
    }

    /// <summary>An edit by an agent or a person.</summary>
    public EditResult Write(string page, string text, string? start = null, string author = "solver-1", int? round = null, EditKind kind = EditKind.Replace, bool trusted = false, string comment = "what the verdict taught") => Scratchpad.Commit([new EditRequest
    {
        Key = $"example/{_key++}",
        Edit = new NoteEdit { Page = page, Kind = kind, Text = text, Comment = comment, BaseRevision = start },
        Author = author,
        Round = round ?? Math.Max(0, Round),
        Trusted = trusted,
    }])[0];

    /// <summary>An edit that waits, because it was made on a revision that others have changed since.</summary>
    public void Wait(string page, string text, string start, string author, string comment) => Assert.IsType<EditResult.Proposed>(Scratchpad.Commit([new EditRequest
    {
        Key = $"example/{_key++}",
        Edit = new NoteEdit { Page = page, Kind = EditKind.Replace, Text = text, Comment = comment, BaseRevision = start },
        Author = author,
        Round = Math.Max(0, Round),
        OnConflict = OnConflict.Propose,
    }])[0]);

    /// <summary>Says that the run is over.</summary>
    public ExampleRun Finish()
    {
        File.WriteAllText(Path.Combine(Directory, "summary.json"), "{}");
        return this;
    }

    public void Dispose()
    {
        Scratchpad.Dispose();
        Database.Dispose();
    }

    private EpisodeRecord Attempt(int round, int problem, int attempt, string id, string text, bool right, List<EditRequest> edits)
    {
        string episode = $"{round}/solve/{problem}/{attempt}", solver = $"solver-{1 + attempt % _solvers}";
        List<Segment> segments = [new(Source.Prompt, text)];
        List<ToolCall> calls = [];
        int value = text[^2] - '0';
        for (int step = text.Length - 3; step >= 0; step--)
        {
            string page = $"notes/operator-{text[step]}", call = $"{text[step]}{value}?";
            NotePage? note = Pages.Read(page);
            value = (value * 3 + text[step]) % 10;
            segments.Add(new Segment(Source.Model, call));
            segments.Add(new Segment(Source.Tool, $"{value} "));
            calls.Add(new ToolCall { Kind = note is null ? ToolKind.Experiment : ToolKind.Read, Request = call, Reply = $"{value} ", Page = page, Revision = note?.Revision });
            if (attempt < 2 && note is null && edits.All(edit => edit.Edit.Page != page))
                edits.Add(Note(page, $"# Operator {text[step]}\n\nIt maps a digit to a digit. See [[skills/chains]].\n", solver, round, episode, "began a page for the operator"));
            else if (attempt == 0 && _random.NextDouble() < 0.3)
                edits.Add(Note(page, $"- `{call[..2]}` gives **{value}**\n", solver, round, episode, $"an experiment in round {round} showed it"));
        }

        segments.Add(new Segment(Source.Model, $"#{(right ? value : (value + 1) % 10)}"));
        return Episode(episode, round, solver, Role.Solver, id, attempt, segments, calls, right, right ? "the answer is right" : $"the answer is {value}", right ? 1 : 0);
    }

    private AnswerRecord Answer(int round, int place)
    {
        int difficulty = 1 + place / 4;
        string text = Facts[..difficulty] + place % 10 + "=";
        bool right = _random.NextDouble() < 0.5;
        return new AnswerRecord
        {
            Test = "held-out",
            Problem = text,
            Difficulty = difficulty,
            Reading = place % 2 == 0,
            Episode = Episode($"{round}/held-out/{place}", round, AnswerRecord.Newborn, Role.Solver, null, 0, [new Segment(Source.Prompt, text), new Segment(Source.Model, "#7")],
                [new ToolCall { Kind = ToolKind.Read, Request = "a7?", Reply = "- ", Page = "notes/operator-a", Revision = place % 2 == 0 ? Pages.Read("notes/operator-a")?.Revision : null }],
                right, right ? "the answer is right" : "the answer is 3", 0),
        };
    }

    private EditRequest Note(string page, string text, string author, int round, string episode, string comment) => new()
    {
        Key = $"note/{episode}/{_key++}",
        Edit = new NoteEdit { Page = page, Kind = EditKind.Append, Text = text, Comment = comment },
        Author = author,
        Round = round,
        Episode = episode,
    };

    private EpisodeRecord Episode(string id, int round, string agent, Role role, string? problem, int attempt, List<Segment> segments, List<ToolCall> calls, bool right, string reason, double reward)
    {
        bool[] mask = [.. segments.SelectMany(segment => segment.Text.Select(_ => segment.Source == Source.Model)), true];
        return new EpisodeRecord
        {
            Id = id,
            Round = round,
            Agent = agent,
            Role = role,
            Problem = problem,
            Attempt = attempt,
            Checkpoint = $"round-{round / 10 * 10}",
            Segments = segments,
            Tokens = [.. mask.Select((_, place) => place % 30)],
            LogProbabilities = [.. mask.Select(mine => mine ? (float)Math.Min(0, -3 * Math.Pow(_random.NextDouble(), 4)) : 0f)],
            LossMask = mask,
            ToolCalls = calls,
            Outcome = right ? Outcome.Correct : Outcome.Wrong,
            Reason = reason,
            Sound = right && _random.NextDouble() < 0.9,
            Reward = reward,
            Advantage = reward - 0.5,
        };
    }
}
