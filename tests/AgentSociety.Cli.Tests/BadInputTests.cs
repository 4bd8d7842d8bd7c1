using System.CommandLine;

namespace AgentSociety.Cli.Tests;

/// <summary>What is said of a command line that cannot be meant: one line in the user's words, and exit code 2.</summary>
public sealed class BadInputTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("input-").FullName;

    /// <summary>Every option of every command whose value is no plain text.</summary>
    public static TheoryData<string, string> Typed => Options(type => type != typeof(string));

    /// <summary>Every option of every command that takes a number.</summary>
    public static TheoryData<string, string> Numeric => Options(type => type.IsPrimitive && type != typeof(bool));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_a_file_says_of_itself_gives_a_terminal_no_commands()
    {
        KeptTerminal kept = new();
        kept.Terminal.Complain("error", "red", "tensor \e]0;owned\a\u009b2J: truncated\nsecond\tline");
        kept.Terminal.Line("page \e[31mred");
        Assert.Equal("error tensor \uFFFD]0;owned\uFFFD\uFFFD2J: truncated\nerror second\tline\n", kept.Error.Output);
        Assert.Equal("page \uFFFD[31mred\n", kept.Raw);
    }

    [Theory]
    [MemberData(nameof(Numeric))]
    public async Task A_number_that_is_none_is_one_line_that_names_the_option(string command, string option)
    {
        string error = await Refused([.. Words(command), option, "x"]);
        string line = Assert.Single(error.Split('\n'), line => line.Contains(option));
        Assert.StartsWith($"error {option} needs a ", line);
        Assert.EndsWith(", not 'x'", line);
    }

    [Theory]
    [MemberData(nameof(Typed))]
    public async Task No_message_speaks_of_the_programs_types(string command, string option)
    {
        foreach (string[] given in (string[][])[[$"{option}=x"], [$"{option}=99999999999999999999"], [$"{option}="], [option]])
        {
            // More arguments than any command takes: none begins.
            string error = await Refused([.. Words(command), "nowhere", "nowhere", "nowhere", .. given]);
            foreach (string word in (string[])["System.", "AgentSociety.", "expected type", "defect"]) Assert.DoesNotContain(word, error);
        }
    }

    [Theory]
    [InlineData("error --seed needs a whole number, not 'abc'", "validate", "s.yaml", "--seed", "abc")]
    [InlineData("error --threads needs a whole number from 1 to 1024, not '0'", "run", "s.yaml", "--threads", "0")]
    [InlineData("error --threads needs a whole number from 1 to 1024, not '99999999999'", "run", "s.yaml", "--threads", "99999999999")]
    [InlineData("error --parallel needs a whole number from 1 to 1024, not '1025'", "experiment", "s.yaml", "--parallel", "1025")]
    [InlineData("error --batch needs a whole number from 1 to 4096, not 'x'", "model", "bench", "m", "--batch", "16", "x")]
    [InlineData("error --seconds needs a number from 0.1 to 3600, not 'NaN'", "model", "bench", "m", "--seconds", "NaN")]
    [InlineData("error --slots needs a whole number from 1 to 4096, not '2000000000'", "serve", "m", "--slots", "2000000000")]
    [InlineData("error --listen needs the address of a network card, such as 127.0.0.1 or 0.0.0.0, not 'here'", "serve", "m", "--listen", "here")]
    [InlineData("error --role: 'slover' is none of its values; did you mean solver?", "export", "r", "--out", "o", "--role", "slover")]
    [InlineData("error --role: '1' is none of its values; use one of proposer, solver, critic, editor, author", "mcp", "r", "--role", "1")]
    public async Task A_value_that_does_not_fit_is_said_in_the_users_words(string says, params string[] arguments) =>
        Assert.Equal(says, (await Refused(arguments)).Split('\n')[0]);

    [Theory]
    [InlineData("error Unrecognized command or argument '--sed'; did you mean --seed?|error Unrecognized command or argument '4'", "run", "s.yaml", "--sed", "4")]
    [InlineData("error Unrecognized command or argument 'validte'; did you mean validate?|error Unrecognized command or argument 'x'", "validte", "x")]
    public async Task A_hint_belongs_to_the_word_that_it_is_about(string says, params string[] arguments) =>
        Assert.Equal(says.Split('|'), (await Refused(arguments)).Split('\n').Where(line => line.StartsWith("error ", StringComparison.Ordinal)));

    [Fact]
    public async Task A_scenario_in_place_of_a_run_is_recognised()
    {
        string file = At("quick.yaml");
        File.WriteAllText(file, "name: quick\n");
        Assert.Equal($"error {file}: this is a scenario file, and a run is wanted; 'agentsociety run {file}' makes one of it\n", await Refused("resume", file));
    }

    [Fact]
    public async Task A_checkpoint_that_is_not_there_names_those_that_are()
    {
        foreach (string name in (string[])["round-100", "round-20"]) Directory.CreateDirectory(At("q1/checkpoints/" + name));
        string asked = At("q1/checkpoints/round-99");
        Assert.Equal($"error {asked}: there is no such checkpoint; there are round-20, round-100\n", await Refused("eval", asked));
    }

    [Fact]
    public async Task A_place_that_cannot_be_written_to_is_bad_input()
    {
        // A folder where a file must be is refused to everybody, to the root of the machine too.
        using SampleRun run = new();
        Directory.CreateDirectory(Path.Combine(run.Directory.Path, "summary.json.tmp"));
        string error = await Refused("show", run.Directory.Path, "--report");
        Assert.EndsWith("; name another place, or get access to this one\n", error);
        Assert.Single(error.Trim().Split('\n'));
    }

    private static async Task<string> Refused(params string[] arguments)
    {
        KeptTerminal kept = new();
        int code = await CommandLine.Run(arguments, kept.Terminal);
        Assert.True(code == ExitCode.BadInput, $"{code}: {kept.Error.Output}");
        return kept.Error.Output;
    }

    private static TheoryData<string, string> Options(Func<Type, bool> wanted)
    {
        TheoryData<string, string> found = [];
        foreach (Command command in All(CommandLine.Root(new KeptTerminal().Terminal)))
        {
            foreach (Option option in command.Options.Where(option => !option.Name.StartsWith("--help", StringComparison.Ordinal) && option.Name != "--version"))
            {
                Type type = option.ValueType.IsArray ? option.ValueType.GetElementType()! : Nullable.GetUnderlyingType(option.ValueType) ?? option.ValueType;
                if (wanted(type)) found.Add(Path(command), option.Name);
            }
        }

        return found;

        static IEnumerable<Command> All(Command command) => command.Subcommands.SelectMany(All).Prepend(command);
        static string Path(Command command) => command is RootCommand ? "" : $"{Path((Command)command.Parents.First())} {command.Name}".Trim();
    }

    private static string[] Words(string command) => command.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private string At(string place) => Path.Combine(_folder, place);
}
