using System.CommandLine;
using AgentSociety.Core;
using AgentSociety.Core.Play;
using AgentSociety.Culture;
using AgentSociety.Learning;

namespace AgentSociety.Cli.Commands;

/// <summary>Which episodes of which runs: the filter of <c>export</c> and <c>train</c>.</summary>
internal sealed class LogOptions
{
    private readonly Option<bool> _verified = new("--verified") { Description = "Right answers alone." };
    private readonly Option<bool> _sound = new("--sound") { Description = "Right answers alone whose every step is valid." };
    private readonly Option<Role?> _role = new("--role") { Description = "Episodes of one role: proposer, solver, critic, editor or author.", HelpName = "ROLE", CustomParser = OptionValue.Name<Role> };
    private readonly Option<string?> _agent = new("--agent") { Description = "Episodes of one agent, such as solver-2.", HelpName = "NAME" };
    private readonly Option<string?> _difficulty = new("--difficulty") { Description = "A difficulty, or a range such as 3-6 or 4-.", HelpName = "RANGE" };
    private readonly Option<string?> _rounds = new("--rounds") { Description = "A round, or a range such as 10-20 or 30-.", HelpName = "RANGE" };
    private readonly Option<bool> _duplicates = new("--keep-duplicates") { Description = "Keep episodes whose text is the same as an earlier one's; always so where groups are compared (trl-grpo, policy-gradient)." };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_verified, _sound, _role, _agent, _difficulty, _rounds, _duplicates]) command.Add(option);
    }

    /// <summary>What was given.</summary>
    /// <exception cref="SocietyException">A range cannot be read.</exception>
    public ExportOptions Read(ParseResult parsed, ExportFormat format = ExportFormat.ChatML)
    {
        (int least, int greatest) = Range("--difficulty", parsed.GetValue(_difficulty), 1);
        (int first, int last) = Range("--rounds", parsed.GetValue(_rounds), 0);
        return new ExportOptions
        {
            Format = format,
            VerifiedOnly = parsed.GetValue(_verified),
            SoundOnly = parsed.GetValue(_sound),
            Role = parsed.GetValue(_role),
            Agent = parsed.GetValue(_agent),
            MinimumDifficulty = least,
            MaximumDifficulty = greatest,
            FirstRound = first,
            LastRound = last,
            Deduplicate = !parsed.GetValue(_duplicates),
        };
    }

    /// <summary>The runs of a list with commas between them, open for reading.</summary>
    /// <exception cref="SocietyException">One of them is no run, or comes twice: its groups would be twice as large as those that were played.</exception>
    public static IReadOnlyList<SocietyDatabase> Open(string runs)
    {
        List<SocietyDatabase> open = [];
        Dictionary<string, string> named = new(StringComparer.Ordinal);
        foreach (string run in runs.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            SocietyDatabase database = SocietyDatabase.OpenReadOnly(RunPlace.Find(run).Database);
            open.Add(database);
            string key = RunLog.KeyOf(new RunRecords(database).Run());
            if (named.TryAdd(key, run)) continue;
            foreach (SocietyDatabase each in open) each.Dispose();
            throw new SocietyException($"{named[key]} and {run} are one run, or a copy of it; name it once");
        }

        return open.Count > 0 ? open : throw new SocietyException("no run is named; give one, or several with commas between them");
    }

    private static (int From, int To) Range(string option, string? text, int least)
    {
        if (text is null) return (least, int.MaxValue);
        string[] ends = text.Split('-');
        if (ends.Length <= 2 && int.TryParse(ends[0], out int from) && from >= least)
        {
            if (ends.Length == 1) return (from, from);
            if (ends[1].Length == 0) return (from, int.MaxValue);
            if (int.TryParse(ends[1], out int to) && to >= from) return (from, to);
        }

        throw new SocietyException($"{option} {text}: write a number from {least} on, or a range such as 3-6 or 4-");
    }
}
