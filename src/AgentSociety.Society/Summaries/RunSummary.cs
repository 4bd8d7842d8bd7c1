using System.Text.Encodings.Web;
using System.Text.Json;
using AgentSociety.Core;
using AgentSociety.Core.Records;
using AgentSociety.Culture;
using AgentSociety.Learning.Statistics;

namespace AgentSociety.Society;

/// <summary>The results of a run for scripts: a stable interface. Made from the run's database alone, so that it can be made again at any time.</summary>
/// <remarks>Fields are added and never change their meaning while <see cref="Version"/> stays the same.</remarks>
public sealed record RunSummary
{
    /// <summary>The version of this interface that is written.</summary>
    public const int CurrentVersion = 1;

    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The interface's version.</summary>
    public required int Version { get; init; }

    /// <summary>What was run.</summary>
    public required ScenarioIdentity Scenario { get; init; }

    /// <summary>The seed.</summary>
    public required long Seed { get; init; }

    /// <summary>Versions of the program with its commit, of the runtime and of packages, by name.</summary>
    public required IReadOnlyDictionary<string, string> Versions { get; init; }

    /// <summary>Seconds that all stored rounds took together, pretraining included.</summary>
    public required double WallSeconds { get; init; }

    /// <summary>The last held-out test, by reading and difficulty; empty where none was taken.</summary>
    public required IReadOnlyList<HeldOutAccuracy> HeldOut { get; init; }

    /// <summary>The held-out test before the first round.</summary>
    public required IReadOnlyList<HeldOutAccuracy> HeldOutBefore { get; init; }

    /// <summary>The greatest difficulty that counts as solved.</summary>
    public required FrontierMove Frontier { get; init; }

    /// <summary>Speed.</summary>
    public required Throughput Throughput { get; init; }

    /// <summary>What became of the scratchpad.</summary>
    public required ScratchpadCounts Scratchpad { get; init; }

    /// <summary>How much was played.</summary>
    public required PlayCounts Counts { get; init; }

    /// <summary>The summary of a run as far as it is stored.</summary>
    /// <exception cref="SocietyException">The database holds no run.</exception>
    public static RunSummary Of(SocietyDatabase database)
    {
        RunRecords records = new(database);
        RunInfo info = records.Run();
        RunCounts counts = records.Counts();
        IReadOnlyList<HeldOutPoint> tests = records.HeldOut();
        IReadOnlyList<(int Round, double Value)> frontier = records.Metric("frontier");
        return new RunSummary
        {
            Version = CurrentVersion,
            Scenario = new ScenarioIdentity(ScenarioFile.Recorded(info.Scenario, database.Path).Name, info.ScenarioHash),
            Seed = info.Seed,
            Versions = info.Versions,
            WallSeconds = Sum(records, "seconds/round"),
            HeldOut = tests.Count == 0 ? [] : [.. tests[^1].Results.Select(Accuracy)],
            HeldOutBefore = tests.Count == 0 || tests[0].Round != 0 ? [] : [.. tests[0].Results.Select(Accuracy)],
            Frontier = frontier.Count == 0 ? new FrontierMove(0, 0) : new FrontierMove((int)frontier[0].Value, (int)frontier[^1].Value),
            Throughput = Speed(records),
            Scratchpad = new ScratchpadCounts(counts.Pages, counts.Revisions, counts.Reads, counts.Conflicts),
            Counts = new PlayCounts(counts.Problems, counts.Attempts, counts.Malformed, counts.Duplicates),
        };
    }

    /// <summary>The result that stands for the run where there is room for one: newborns at the frontier, or at the easiest difficulty where none is solved; null without a test.</summary>
    public HeldOutAccuracy? Headline()
    {
        HeldOutAccuracy[] read = [.. HeldOut.Where(result => result.Reading == HeldOut.Any(any => any.Reading)).OrderBy(result => result.Difficulty)];
        return read.LastOrDefault(result => result.Difficulty <= Frontier.End) ?? read.FirstOrDefault();
    }

    /// <summary>The summary as JSON.</summary>
    public string Json() => JsonSerializer.Serialize(this, Format) + "\n";

    /// <summary>Reads a summary file.</summary>
    /// <exception cref="SocietyException">It cannot be read or has another version.</exception>
    public static RunSummary Load(string path)
    {
        try
        {
            RunSummary summary = JsonSerializer.Deserialize<RunSummary>(File.ReadAllText(path), Format) ?? throw new SocietyException($"{path}: is empty");
            return summary.Version == CurrentVersion ? summary : throw new SocietyException($"{path}: is a summary of version {summary.Version}, and this program reads {CurrentVersion}; make it again by 'agentsociety show RUN --report'");
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new SocietyException($"{path}: cannot be read as a summary ({cause.Message.ReplaceLineEndings(" ")})", cause: cause);
        }
    }

    /// <summary>A test result with its interval.</summary>
    public static HeldOutAccuracy Accuracy(HeldOutRecord record)
    {
        Interval interval = Interval.Wilson(record.Correct, record.Count);
        return new HeldOutAccuracy
        {
            Difficulty = record.Difficulty,
            Reading = record.Reading,
            Accuracy = record.Count == 0 ? 0 : (double)record.Correct / record.Count,
            N = record.Count,
            Low = interval.Low,
            High = interval.High,
        };
    }

    private static Throughput Speed(RunRecords records)
    {
        double decode = Sum(records, "seconds/decode"), train = Sum(records, "seconds/train"), wall = Sum(records, "seconds/round");
        return new Throughput(
            decode > 0 ? Sum(records, "tokens/decoded") / decode : 0,
            train > 0 ? Sum(records, "tokens/trained") / train : 0,
            wall > 0 ? Math.Clamp(1 - (decode + train) / wall, 0, 1) : 0);
    }

    private static double Sum(RunRecords records, string metric) => records.Metric(metric).Sum(point => point.Value);
}

/// <summary>What was run.</summary>
/// <param name="Name">The scenario's name.</param>
/// <param name="Hash">SHA-256 of the scenario as resolved.</param>
public sealed record ScenarioIdentity(string Name, string Hash);

/// <summary>Held-out accuracy at one difficulty.</summary>
public sealed record HeldOutAccuracy
{
    /// <summary>The environment's measure.</summary>
    public required int Difficulty { get; init; }

    /// <summary>True where the newborns could read the scratchpad.</summary>
    public required bool Reading { get; init; }

    /// <summary>Share of right answers.</summary>
    public required double Accuracy { get; init; }

    /// <summary>Problems asked.</summary>
    public required int N { get; init; }

    /// <summary>Lower end of the 95 % score interval (Wilson 1927).</summary>
    public required double Low { get; init; }

    /// <summary>Upper end of it.</summary>
    public required double High { get; init; }
}

/// <summary>The greatest solved difficulty, 0 for none.</summary>
/// <param name="Start">Before the first round.</param>
/// <param name="End">In the last test.</param>
public sealed record FrontierMove(int Start, int End);

/// <summary>Speed of a run.</summary>
/// <param name="DecodeTokensPerSecond">Tokens generated per second of decoding.</param>
/// <param name="TrainTokensPerSecond">Tokens trained on per second of training.</param>
/// <param name="IdleShare">Share of wall time in which neither decoding nor training ran.</param>
public sealed record Throughput(double DecodeTokensPerSecond, double TrainTokensPerSecond, double IdleShare);

/// <summary>What became of the scratchpad.</summary>
/// <param name="Pages">Pages that are not deleted.</param>
/// <param name="Revisions">Saved edits.</param>
/// <param name="Reads">Looks of agents at pages.</param>
/// <param name="Conflicts">Edits that met another change of the same lines.</param>
public sealed record ScratchpadCounts(long Pages, long Revisions, long Reads, long Conflicts);

/// <summary>How much was played.</summary>
/// <param name="Problems">Problems that were played.</param>
/// <param name="Attempts">Attempts of solvers.</param>
/// <param name="Malformed">Texts that the verifier could not read.</param>
/// <param name="Duplicates">Proposals that were posed before.</param>
public sealed record PlayCounts(long Problems, long Attempts, long Malformed, long Duplicates);
