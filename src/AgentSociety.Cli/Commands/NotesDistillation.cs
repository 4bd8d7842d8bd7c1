using System.Security.Cryptography;
using System.Text;
using AgentSociety.Cli.Progress;
using AgentSociety.Core;
using AgentSociety.Core.Scenarios;
using AgentSociety.Culture;
using AgentSociety.Learning;
using AgentSociety.Models;
using AgentSociety.Society;

namespace AgentSociety.Cli.Commands;

/// <summary>What <c>train --method distillation</c> does and no other method: it lets the base read the runs' notes, and tests before and after.</summary>
internal sealed class NotesDistillation : IDisposable
{
    private readonly IReadOnlyList<SocietyDatabase> _open;
    private readonly NotesTeacher[] _teachers;
    private readonly Terminal _terminal;

    private NotesDistillation(IReadOnlyList<SocietyDatabase> open, LoggedEpisode[] log, NotesTeacher[] teachers, Terminal terminal) => (_open, Log, _teachers, _terminal) = (open, log, teachers, terminal);

    /// <summary>Opens the runs of a list.</summary>
    /// <param name="runs">The runs, with commas between them.</param>
    /// <param name="options">Whose problems are wanted.</param>
    /// <param name="terminal">Where results are told.</param>
    /// <exception cref="SocietyException">A run has no notes to distil, or they are of several worlds.</exception>
    public static NotesDistillation Open(string runs, ExportOptions options, Terminal terminal)
    {
        IReadOnlyList<SocietyDatabase> open = LogOptions.Open(runs);
        try
        {
            List<LoggedEpisode> all = [];
            List<NotesTeacher> teachers = [];
            foreach (SocietyDatabase database in open)
            {
                LoggedEpisode[] log = [.. Exporter.Choose(RunLog.Read(database, options), options)];
                teachers.Add(NotesTeacher.Of(database, log));
                all.AddRange(log);
            }

            NotesTeacher.RequireOneWorld(teachers);
            return new NotesDistillation(open, [.. all], [.. teachers], terminal);
        }
        catch
        {
            foreach (SocietyDatabase database in open) database.Dispose();
            throw;
        }
    }

    /// <summary>The episodes whose problems are attempted again.</summary>
    public LoggedEpisode[] Log { get; }

    /// <summary>Tells runs that were played on, and notes that were edited since.</summary>
    public string Fingerprint => $"{LogFingerprint.Of(Log)}; notes {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join("\n\n", _teachers.Select(teacher => teacher.Pages)))))}";

    /// <summary>How many problems there are, in words.</summary>
    public string Said => $"{_teachers.Sum(teacher => teacher.Problems):N0} problems that the population met";

    /// <summary>Lessons that were learned; null before.</summary>
    public int? Lessons { get; private set; }

    private readonly Dictionary<NotesTeacher, SleepTest> _before = [];

    /// <summary>Makes the lessons, tests the model as it is, and distils.</summary>
    public void Train(FineTuner tuner, LanguageModel model, FineTuneSettings settings, ulong seed, Action<TrainingProgress> tell, CancellationToken stop)
    {
        tuner.RequireFit(Log);
        int most = (settings.Consolidation.Lessons + _teachers.Length - 1) / _teachers.Length;
        Lesson[] lessons = [.. _teachers.SelectMany(teacher => teacher.Lessons(model, Adapter(settings), most, seed, stop))];
        Lessons = lessons.Length;
        _terminal.Line($"{lessons.Length:N0} sound attempts of the base found in the notes what they needed: its lessons");
        if (_teachers[0].Replay is null && settings.Consolidation.ReplayShare > 0) _terminal.Line("note: the environment has no base material, so that nothing is replayed against forgetting");
        foreach (NotesTeacher teacher in _teachers)
        {
            SleepTest test = _before[teacher] = teacher.Test(model, Adapter(settings), settings.Consolidation.ProblemsPerDifficulty, stop);
            _terminal.Line($"{Of(teacher)}before: held-out problems {Share(test.Recall)} without notes, {Share(test.Reading)} with them; older tasks {Share(test.Older)}");
        }

        _ = tuner.Train(lessons, _teachers[0].Replay, _teachers[0].Material, tell, stop);
    }

    /// <summary>Tests the model as it has become.</summary>
    public void TellAfter(LanguageModel model, FineTuneSettings settings, CancellationToken stop)
    {
        foreach (NotesTeacher teacher in _teachers)
        {
            SleepTest before = _before[teacher], test = teacher.Test(model, Adapter(settings), settings.Consolidation.ProblemsPerDifficulty, stop);
            _terminal.Line($"{Of(teacher)}after: held-out problems {Share(test.Recall)} without notes, {Share(SleepTest.GapClosed(before.Reading, before.Recall, test.Recall))} of the gap closed; older tasks {Share(test.Older)}");
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (SocietyDatabase database in _open) database.Dispose();
    }

    private static string Adapter(FineTuneSettings settings) => settings.Weights == TrainedWeights.Lora ? FineTuner.AdapterName : TrainingPlan.Base;

    private string Of(NotesTeacher teacher) => _teachers.Length == 1 ? "" : $"{teacher.Run}, ";

    private static string Share(double share) => double.IsFinite(share) ? Figures.Percent(share) : "-";
}
