using System.CommandLine;
using AgentSociety.Core;
using AgentSociety.Core.Play;
using AgentSociety.Culture;
using AgentSociety.Learning;
using AgentSociety.Society;

namespace AgentSociety.Cli.Commands;

/// <summary><c>export RUN[,RUN]</c>.</summary>
internal static class ExportCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> runs = new("RUN[,RUN]") { Description = "Runs whose episodes are wanted." };
        Option<string> format = new("--format") { Description = "chatml-jsonl, sharegpt, trl-grpo or parquet.", HelpName = "FORMAT", DefaultValueFactory = _ => "chatml-jsonl" };
        Option<string> place = new("--out") { Description = "The folder for train and test files.", HelpName = "DIR", Required = true };
        Option<double> test = new("--test-share") { Description = "Share of problems that go to the test file, with all their attempts.", HelpName = "SHARE", DefaultValueFactory = _ => 0.1, CustomParser = result => OptionValue.Real(result, 0.0, 1.0) };
        LogOptions filter = new();
        Verb command = new("export", "Learn from runs", "Writes the episodes of runs in forms that other trainers read.",
            new("export runs/first-society --out data --sound", "Sound answers as chat messages"),
            new("export runs/a,runs/b --format parquet --role solver --difficulty 4- --out data", "Two runs, hard problems, as a table"));
        command.Add(runs);
        command.Add(format);
        command.Add(place);
        filter.AddTo(command);
        command.Add(test);
        command.SetAction(async (parsed, _) =>
        {
            ExportOptions options = filter.Read(parsed, ExportOptions.FormatOf(parsed.GetValue(format)!)) with { TestShare = parsed.GetValue(test) };
            // Rewards are compared within groups, and a group without its repetitions has another mean.
            if (options.Format == ExportFormat.TrlGrpo) options = options with { Deduplicate = false };
            if (options.TestShare is not (>= 0 and < 1)) throw new SocietyException($"--test-share {options.TestShare}: must be at least 0 and less than 1");
            IReadOnlyList<SocietyDatabase> open = LogOptions.Open(parsed.GetRequiredValue(runs));
            ExportedFiles written = await Exporter.WriteAsync(open.SelectMany(database => Split(database, options)), options, parsed.GetRequiredValue(place)).ConfigureAwait(false);
            foreach ((string file, int episodes) in written.Files) terminal.Line($"{file}: {episodes:N0} episodes");
            if (written.LeftOut > 0) terminal.Line($"left out: {written.LeftOut:N0} proposals that would carry a problem from one file into the other: their prompts show problems of the test, or they pose reserved problems of a program that is trained on");
            if (options.Format == ExportFormat.TrlGrpo && open.SelectMany(database => Exporter.Choose(RunLog.Read(database, options), options)).Any(logged => logged.Episode.Segments.Any(segment => segment.Source == Source.Tool && segment.Text.Length > 0)))
            {
                terminal.Line("note: completions hold tool replies, and TRL reads no loss_mask: its GRPO samples its own from the prompts, but what it learns offline from lines with holds_tool_replies would be the tools' word too; "
                    + "take chatml-jsonl for that");
            }

            foreach (SocietyDatabase database in open) database.Dispose();
        });
        return command;
    }

    // What an export is split by is asked of the run's environment, which is made once.
    private static IEnumerable<LoggedEpisode> Split(SocietyDatabase database, ExportOptions options)
    {
        Lazy<RunPlan> plan = new(() => RunPlan.Of(database));
        return LoggedFamilies.Noted(LoggedProposals.Read(RunLog.Read(database, options), database, plan), plan);
    }
}
