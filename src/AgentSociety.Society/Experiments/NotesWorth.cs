using System.Text.Json;
using AgentSociety.Core;
using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Records;
using AgentSociety.Core.Scenarios;
using AgentSociety.Culture;
using AgentSociety.Models;

namespace AgentSociety.Society;

/// <summary>What a society's notes are worth to newborns with its final weights: accuracies over the metric's difficulties with other notes than its own.</summary>
/// <remarks>Tests that need notes are null where newborns find none to read; that of the truth is null where the environment cannot write it down.</remarks>
public sealed record NotesWorth
{
    private const string FileName = "notes-worth.json";
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>What the accuracies are of: another declaration takes its own.</summary>
    public required string Declared { get; init; }

    /// <summary>With the notes that the arm shows, as in the run's last test.</summary>
    public required double Own { get; init; }

    /// <summary>Without reading, as in the run's last test; null where attempts have no tools.</summary>
    public double? Without { get; init; }

    /// <summary>With the notes of the next society of the arm, whose world is another: facts of the right form that are wrong.</summary>
    public double? Other { get; init; }

    /// <summary>With each note under the name of another.</summary>
    public double? Shuffled { get; init; }

    /// <summary>With half of the notes.</summary>
    public double? Half { get; init; }

    /// <summary>With the truth in place of notes: what the weights could do if they knew everything.</summary>
    public double? Truth { get; init; }

    /// <summary>Takes the tests of a finished society, or reads them where they were taken. Torch must be initialised; keeps the thread busy.</summary>
    /// <param name="plan">The experiment.</param>
    /// <param name="run">The society.</param>
    /// <param name="other">Another society of the arm; null for none.</param>
    /// <param name="stop">Checked between steps.</param>
    public static NotesWorth Of(ExperimentPlan plan, PlannedRun run, PlannedRun? other, CancellationToken stop)
    {
        // Of what newborns read, which in a world that was wiped or whose dead leave nothing is not all that was written.
        string declared = $"{run.Scenario.Hash} {string.Join(',', plan.Difficulties)} {other?.Scenario.Hash} of newborns", path = Path.Combine(run.Directory.Path, FileName);
        if (Read(path) is { } taken && taken.Declared == declared) return taken;
        NotesWorth worth = Take(plan, run, other, declared, stop);
        WholeFile.Write(path, JsonSerializer.Serialize(worth, Format) + "\n");
        return worth;
    }

    /// <summary>What was taken before; null where nothing was, or where it cannot be read: it is taken again then.</summary>
    private static NotesWorth? Read(string path)
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<NotesWorth>(File.ReadAllText(path), Format) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static NotesWorth Take(ExperimentPlan plan, PlannedRun run, PlannedRun? other, string declared, CancellationToken stop)
    {
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(run.Directory.Database);
        RunRecords records = new(database);
        IReadOnlyList<HeldOutRecord> last = records.HeldOut()[^1].Results;
        NotesWorth worth = new() { Declared = declared, Own = Accuracy(plan, last, reading: true)!.Value, Without = Accuracy(plan, last, reading: false) };
        Scenario scenario = run.Scenario.Scenario;
        // Of the run's last test those questions that the metric is of: each newborn meets what it met there.
        RunPlan asked = RunPlan.Of(run.Scenario);
        if (!asked.HasTools) return worth;
        using LanguageModel model = LanguageModel.Load(run.Directory.Checkpoint(records.Checkpoints()[^1].Name));
        double? With(INotes notes) => Accuracy(plan, HeldOutTest.Take(asked, model, notes, scenario.Evaluation.FinalProblemsPerDifficulty, question => question.Reading && plan.Difficulties.Contains(question.Problem.Difficulty), stop), reading: true);
        if (asked.Environment is IFactSource source) worth = worth with { Truth = With(new OracleNotes(EmptyNotes.Instance, OracleNotes.TruthOf(source))) };
        if (scenario.Culture.Sharing != Sharing.Shared) return worth;
        INotes notes = OfNewborn(run, database);
        if (NotesAccess.HoldAny(notes, scenario.Culture)) worth = worth with { Shuffled = With(new ShuffledNotes(notes, asked.Seed)), Half = With(new HalfNotes(notes, asked.Seed)) };
        if (other is null) return worth;
        using SocietyDatabase elsewhere = SocietyDatabase.OpenReadOnly(other.Directory.Database);
        INotes others = OfNewborn(other, elsewhere);
        return NotesAccess.HoldAny(others, scenario.Culture) ? worth with { Other = With(others) } : worth;
    }

    /// <summary>What a society shows those who are born into it at its end.</summary>
    private static INotes OfNewborn(PlannedRun run, SocietyDatabase database)
    {
        int round = run.Scenario.Scenario.SelfPlay.Rounds;
        return NotesAccess.After(RunPlan.Of(run.Scenario), database, round).OfNewborn(round);
    }

    private static double? Accuracy(ExperimentPlan plan, IReadOnlyList<HeldOutRecord> results, bool reading) => SocietyResult.Share(plan, results, reading, result => result.Correct);
}
