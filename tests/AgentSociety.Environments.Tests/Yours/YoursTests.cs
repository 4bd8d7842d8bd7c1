using AgentSociety.Core;
using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Environments.Yours;

namespace AgentSociety.Environments.Tests.Yours;

public sealed class YoursTests : IDisposable
{
    private const string Program = """
        while IFS= read -r line; do
          id=${line#*'"id":'}; id=${id%%,*}
          case "$line" in
            *'"method":"describe"'*) r='{"name":"letter","alphabet":"abcdefghijklmnopqrstuvwxyz :","maximumDifficulty":1}';;
            *'"method":"generate"'*) r='{"text":"a","difficulty":1,"canonicalForm":"a"}';;
            *'"method":"parse","parameters":{"text":"a"}'*) r='{"problem":{"text":"a","difficulty":1,"canonicalForm":"a"}}';;
            *'"method":"parse"'*) r='{"reason":"only a is a problem"}';;
            *Prompt*) r='"after a:"';;
            *'"source":"model","text":"b"'*) r='{"outcome":"correct","reason":"b follows a"}';;
            *) r='{"outcome":"wrong","reason":"b follows a"}';;
          esac
          BREAK
          printf '{"id":%s,"result":%s}\n' "$id" "$r"
        done
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("agentsociety-").FullName;

    public static TheoryData<string> Shipped => new(EnvironmentCatalog.All.Select(entry => entry.Name).Where(name => name is not ("plugin" or "external" or "data-set")));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory, MemberData(nameof(Shipped))]
    public void Every_shipped_environment_conforms(string name)
    {
        EnvironmentEntry entry = EnvironmentCatalog.Find(name)!;
        Assert.Empty(Conformance.Check(entry.Create(Activator.CreateInstance(entry.OptionsType)!, 3)));
    }

    [Fact]
    public void A_class_of_another_library_is_loaded_by_path_and_name()
    {
        IEnvironment environment = PluginEnvironment.Load(new() { Assembly = typeof(YoursTests).Assembly.Location, Type = typeof(Letters).FullName! }, 4);
        Assert.Equal("letters-4", environment.Name);
        Assert.Empty(Conformance.Check(environment));
    }

    [Fact]
    public void Conformance_names_what_an_environment_got_wrong()
    {
        IReadOnlyList<string> failures = Conformance.Check(new Letters(4) { Sloppy = true });
        Assert.Contains(failures, failure => failure.Contains("nonsense answer", StringComparison.Ordinal));
        Assert.Contains(failures, failure => failure.Contains("no answer at all", StringComparison.Ordinal));
    }

    [Fact]
    public void An_environment_without_a_name_characters_or_difficulties_is_told_so()
    {
        Assert.Equal(["Name is empty.", "Alphabet is empty.", "MaximumDifficulty is 0; difficulties begin with 1."], Conformance.Check(new Letters(4) { Name = null!, Alphabet = null!, MaximumDifficulty = 0 }));
        Assert.Equal(["Parse gives 'correct' the difficulty 9; difficulties go from 1 to 1."], Conformance.Check(new Letters(4) { OfWords = 9 }));
        Assert.Empty(Conformance.Check(new Letters(4) { OfWords = 1 }));
    }

    [Fact]
    public void A_program_that_gives_a_difficulty_above_its_greatest_ends_the_run()
    {
        if (OperatingSystem.IsWindows()) return;
        using ExternalEnvironment environment = Start("""case $line in *'"method":"parse"'*) r='{"problem":{"text":"a","difficulty":2,"canonicalForm":"a"}}';; esac""", 30);
        Assert.Contains("difficulty 2", Assert.Throws<SocietyException>(() => environment.Parse("a")).Message);
    }

    public static TheoryData<string, string> Slips => new()
    {
        { "open to white space", "nonsense answer" }, { "open to a word", "whatever the problem" }, { "by beginning", "something put after it" }, { "shows wrongly", "which Verify calls wrong" }, { "throws", "nothing to read" }, { "drifts", "another instance" },
        { "tools of no alphabet", "which Alphabet lacks" }, { "tools that forget", "every call belongs there" }, { "tools without a namespace", "call it 'notes/letters'" }, { "tools that fail", "a tool fails with" }, { "shows a reply to nobody", "where no tool would reply" },
    };

    [Theory, MemberData(nameof(Slips))]
    public void Conformance_finds_each_slip_by_itself(string slip, string said)
    {
        IReadOnlyList<string> failures = Conformance.Check(Made(0), again: () => Made(slip == "drifts" ? 1 : 0));
        Assert.NotEmpty(failures);
        Assert.All(failures, failure => Assert.Contains(said, failure));

        Letters Made(int drift) => new(4) { Drift = drift, Open = slip switch { "open to white space" => "\n", "open to a word" => "correct", _ => null }, ByBeginning = slip == "by beginning", ShowsWrongly = slip == "shows wrongly", Throws = slip == "throws", Slip = slip };
    }

    [Theory]
    [InlineData("", "x", "Assembly"), InlineData("/nowhere/x.dll", "x", "no file"), InlineData("SELF", "Nobody", "no type Nobody"), InlineData("SELF", "AgentSociety.Environments.Tests.Yours.YoursTests", "does not implement"), InlineData("SELF", "AgentSociety.Environments.Tests.Yours.Unfinished", "is abstract")]
    public void A_plugin_that_cannot_be_loaded_says_why(string path, string type, string said) =>
        Assert.Contains(said, Assert.Throws<SocietyException>(() => PluginEnvironment.Load(new() { Assembly = path == "SELF" ? typeof(YoursTests).Assembly.Location : path, Type = type }, 1)).Message);

    [Fact]
    public void A_program_that_speaks_json_lines_is_an_environment()
    {
        if (OperatingSystem.IsWindows()) return; // the program is a shell script
        using ExternalEnvironment environment = Start("", 10);
        Assert.Empty(Conformance.Check(environment));
        Assert.Equal(Outcome.Correct, environment.Verify(environment.Generate(1, KeyedRandom.For(1, "x")), [new(Source.Prompt, "after a:"), new(Source.Model, "b")]).Outcome);
    }

    [Theory]
    [InlineData("exit 1"), InlineData("echo nonsense; continue"), InlineData("echo '{\"id\":0}'; continue"), InlineData("sleep 30"), InlineData("echo '{\"id\":'$id',\"id\":0}'; continue"), InlineData("echo '{\"id\":'$id',\"result\":{\"outcome\":\"wrong\",\"reason\":\"\\ud800\"}}'; continue"), InlineData("echo '[1]'; continue"), InlineData("head -c 3000000 /dev/zero | tr '\\0' x; sleep 30; continue")]
    public void A_program_that_fails_once_is_started_anew_and_asked_again(string trouble)
    {
        if (OperatingSystem.IsWindows()) return;
        string mark = Path.Combine(_folder, "failed");
        using ExternalEnvironment environment = Start($"case $line in *verify*) if [ ! -e {mark} ]; then touch {mark}; {trouble}; fi;; esac", trouble == "sleep 30" ? 2 : 30);
        Assert.Equal(Outcome.Wrong, environment.Verify(environment.Generate(1, KeyedRandom.For(1, "x")), [new(Source.Model, "c")]).Outcome);
        Assert.True(File.Exists(mark));
    }

    [Theory]
    [InlineData("exit 1", "it left"), InlineData("echo nonsense; continue", "no JSON"), InlineData("sleep 30", "silent"), InlineData("r='{}'", "without the text 'name'")]
    public void A_program_that_keeps_failing_ends_the_run_with_one_line(string trouble, string said)
    {
        if (OperatingSystem.IsWindows()) return;
        Assert.Contains(said, Assert.Throws<SocietyException>(() => Start(trouble, trouble == "sleep 30" ? 0.3 : 30)).Message);
    }

    // Its world hangs on the seed, which it is told but once.
    [Fact]
    public void A_program_that_is_started_anew_is_told_its_seed_again()
    {
        if (OperatingSystem.IsWindows()) return;
        string mark = Path.Combine(_folder, "failed");
        using ExternalEnvironment environment = Start($$"""case $line in *describe*) w=${line#*'"seed":"'}; w=${w%%'"'*};; *verify*) if [ ! -e {{mark}} ]; then touch {{mark}}; exit 1; fi; r='{"outcome":"wrong","reason":"world '$w'"}';; esac""", 30);
        Assert.Equal("world 1", environment.Verify(environment.Generate(1, KeyedRandom.For(1, "x")), [new(Source.Model, "c")]).Reason);
        Assert.True(File.Exists(mark));
    }

    [Fact]
    public void A_program_that_is_another_when_it_is_started_anew_ends_the_run()
    {
        if (OperatingSystem.IsWindows()) return;
        string mark = Path.Combine(_folder, "failed");
        using ExternalEnvironment environment = Start($$"""case $line in *verify*) touch {{mark}}; exit 1;; *describe*) if [ -e {{mark}} ]; then r='{"name":"other","alphabet":"a","maximumDifficulty":1}'; fi;; esac""", 30);
        Assert.Contains("otherwise", Assert.Throws<SocietyException>(() => environment.Verify(environment.Generate(1, KeyedRandom.For(1, "x")), [new(Source.Model, "c")])).Message);
    }

    [Fact]
    public void A_program_that_stops_reading_is_not_waited_for()
    {
        if (OperatingSystem.IsWindows()) return;
        using ExternalEnvironment environment = new(Options("""case $line in *describe*) printf '{"id":%s,"result":%s}\n' "$id" "$r"; sleep 60;; esac""", 2) with { Restarts = 0 }, 1);
        Assert.Contains("did not read", Assert.Throws<SocietyException>(() => environment.Parse(new string('x', 1 << 20))).Message);
    }

    // What a model writes is no text of any language, now and then.
    [Fact]
    public void A_program_may_be_asked_about_half_a_surrogate_pair()
    {
        if (OperatingSystem.IsWindows()) return;
        using ExternalEnvironment environment = Start("", 30);
        Assert.Equal("only a is a problem", environment.Parse("\ud800").Reason);
        Assert.Equal(Outcome.Wrong, environment.Verify(environment.Generate(1, KeyedRandom.For(1, "x")), [new(Source.Model, "b\udc00")]).Outcome);
    }

    [Theory, InlineData("r='{}'"), InlineData("echo '{\"id\":'$id',\"error\":\"not today\"}'; continue")]
    public void A_program_that_is_no_environment_is_ended(string trouble)
    {
        if (OperatingSystem.IsWindows()) return;
        string mark = Path.Combine(_folder, "running");
        Assert.Throws<SocietyException>(() => Start($"echo $$ > {mark}; {trouble}", 30));
        Assert.True(SpinWait.SpinUntil(() => !Directory.Exists($"/proc/{File.ReadAllText(mark).Trim()}") || !Directory.Exists("/proc"), TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public void A_program_runs_in_its_folder_and_what_it_complains_of_is_told()
    {
        if (OperatingSystem.IsWindows()) return;
        File.WriteAllText(Path.Combine(_folder, "task.sh"), Program.Replace("BREAK", "case $line in *parse*) echo 'there is no module x' >&2; exit 1;; esac", StringComparison.Ordinal));
        using ExternalEnvironment environment = new(new() { Command = "sh", Arguments = ["task.sh"], WorkingDirectory = _folder, TimeoutSeconds = 30 }, 1);
        Assert.Contains("there is no module x", Assert.Throws<SocietyException>(() => environment.Parse("a")).Message);
    }

    [Theory, InlineData("b", null), InlineData("c", "which verify calls wrong"), InlineData("B", "which Alphabet lacks")]
    public void A_program_that_demonstrates_is_base_material_and_held_to_its_own_verdict(string answer, string? said)
    {
        if (OperatingSystem.IsWindows()) return;
        string demonstrates = $$"""case $line in *describe*) r='{"name":"letter","alphabet":"abcdefghijklmnopqrstuvwxyz :","maximumDifficulty":1,"demonstrates":true}';; *demonstrate*) r='"{{answer}}"';; esac""";
        IEnvironment environment = ExternalEnvironment.Start(Options(demonstrates, 30), 1);
        using ExternalDemonstrator shown = Assert.IsType<ExternalDemonstrator>(environment);
        Assert.Equal([new(Source.Prompt, "after a:"), new(Source.Model, answer)], shown.DemonstrateSolution(1, KeyedRandom.For(1, "shown")));
        Assert.Equal([new(Source.Prompt, "after a:"), new(Source.Model, "a")], shown.DemonstrateProposal(1, KeyedRandom.For(1, "shown")));
        IReadOnlyList<string> failures = Conformance.Check(environment, 3);
        if (said is null) Assert.Empty(failures);
        else Assert.Contains(failures, failure => failure.Contains(said, StringComparison.Ordinal));
    }

    [Fact]
    public void A_program_that_demonstrates_nothing_is_no_base_material()
    {
        if (OperatingSystem.IsWindows()) return;
        using ExternalEnvironment environment = Assert.IsType<ExternalEnvironment>(ExternalEnvironment.Start(Options("", 30), 1));
        Assert.False(environment.Demonstrates);
    }

    [Needs(program: "python3")]
    public void The_template_in_python_keeps_every_promise()
    {
        ExternalOptions options = new() { Command = "python3", Arguments = ["my_task.py"], WorkingDirectory = NeedsAttribute.Beside(Path.Combine("templates", "external"))!, TimeoutSeconds = 60 };
        IEnvironment environment = ExternalEnvironment.Start(options, 1);
        using ExternalDemonstrator shown = Assert.IsType<ExternalDemonstrator>(environment);
        Assert.Empty(Conformance.Check(environment, again: () => ExternalEnvironment.Start(options, 1)));
    }

    // The class of the template is compiled with these tests.
    [Fact]
    public void The_template_in_csharp_keeps_every_promise() => Assert.Empty(Conformance.Check(new MyTask.MyTaskEnvironment(1), again: () => new MyTask.MyTaskEnvironment(1)));

    [Fact]
    public void What_one_attempt_tries_and_notes_in_the_csharp_template_the_next_one_looks_up() => LooksUpWhatWasNoted(new MyTask.MyTaskEnvironment(1));

    [Fact]
    public void Only_what_experiments_showed_is_right_in_the_csharp_template() => OnlyWhatWasShownIsRight(new MyTask.MyTaskEnvironment(1));

    [Needs(program: "python3")]
    public void Only_what_experiments_showed_is_right_in_the_python_template()
    {
        using ExternalDemonstrator environment = PythonTemplate();
        OnlyWhatWasShownIsRight(environment);
    }

    [Needs(program: "python3")]
    public void What_one_attempt_tries_and_notes_in_the_python_template_the_next_one_looks_up()
    {
        using ExternalDemonstrator environment = PythonTemplate();
        LooksUpWhatWasNoted(environment);
    }

    [Fact]
    public void The_facts_of_the_csharp_template_are_what_its_experiments_show()
    {
        MyTask.MyTaskEnvironment environment = new(1);
        IToolSession tools = environment.OpenTools(environment.Generate(1, KeyedRandom.For(1, "x")), new() { Notes = EmptyNotes.Instance, Experiments = 8 })!;
        Assert.Equal("abcdefgh".Select(letter => $"{letter}={tools.Call($"{letter}!")}"), environment.Facts.Single().Lines);
        Assert.All(environment.Facts.Single().Lines, line => Assert.Equal(FactTruth.True, environment.Judge(line)));
        Assert.Equal([FactTruth.False, FactTruth.NoFact], new[] { tools.Calls[0].Reply == "b" ? "a=c" : "a=b", "a is b" }.Select(environment.Judge));
    }

    [Fact]
    public void A_program_with_tools_reads_pages_and_leaves_notes()
    {
        if (OperatingSystem.IsWindows()) return;
        using ExternalEnvironment environment = Start(Tools("""*'"call":"a?"'*'"pages":{}'*) r='{"read":"notes/a"}';; *'"call":"a?"'*'"pages":{"notes/a":"a=b"}'*) r='{"kind":"read","reply":"b"}';; *'"call":"a!"'*'"experiments":1,"requireEvidence":true'*) r='{"kind":"experiment","reply":"c"}';; *'"call":"ac;","calls":[{"kind":"read","request":"a?","reply":"b"},{"kind":"experiment","request":"a!","reply":"c"}],"noted":[]'*'"experiments":0'*) r='{"kind":"note","reply":"","page":"notes/a","line":"a=c"}';; *'"call":";"'*'"noted":[{"page":"notes/a","line":"a=c"}]'*) r='{"kind":"note","reply":"","page":"notes/a","line":null}';; *) r='{"kind":"other","reply":"-"}'"""), 30);
        IToolSession tools = environment.OpenTools(environment.Generate(1, KeyedRandom.For(1, "x")), new() { Notes = new OnePage("notes/a", "a=b"), Experiments = 1, RequireEvidence = true })!;
        Assert.Equal("?!;", tools.Markers);
        Assert.Equal(["b", "c", "", "", "-"], Replies(tools, "a?", "a!", "ac;", ";", "z?"));
        Assert.Equal([ToolKind.Read, ToolKind.Experiment, ToolKind.Note, ToolKind.Note, ToolKind.Other], tools.Calls.Select(call => call.Kind));
        Assert.Equal(("notes/a", "r1"), (tools.Calls[0].Page, tools.Calls[0].Revision));
        Assert.Equal([("notes/a", EditKind.Append, "a=c", "r1")], tools.Edits.Select(edit => (edit.Page, edit.Kind, edit.Text, edit.BaseRevision)));
    }

    [Theory]
    [InlineData("""{"read":"notes/a"}""", "reading 'notes/a' again"), InlineData("""{"kind":"look","reply":""}""", "a kind other than"), InlineData("""{"kind":"other"}""", "without the text 'reply'"), InlineData("""{"kind":"other","reply":3}""", "something other than a text as 'reply'")]
    public void A_program_whose_tools_answer_amiss_is_told_how(string answer, string said)
    {
        if (OperatingSystem.IsWindows()) return;
        using ExternalEnvironment environment = Start(Tools($"*) r='{answer}'"), 30);
        IToolSession tools = environment.OpenTools(environment.Generate(1, KeyedRandom.For(1, "x")), new() { Notes = EmptyNotes.Instance })!;
        Assert.Contains(said, Assert.Throws<SocietyException>(() => tools.Call("a?")).Message);
    }

    [Fact]
    public void A_program_that_is_started_anew_in_the_middle_of_an_attempt_goes_on_with_it()
    {
        if (OperatingSystem.IsWindows()) return;
        string mark = Path.Combine(_folder, "failed");
        using ExternalEnvironment environment = Start(Tools($$"""*'"request":"a!"'*) if [ ! -e {{mark}} ]; then touch {{mark}}; exit 1; fi; r='{"kind":"other","reply":"second"}';; *) r='{"kind":"experiment","reply":"first"}'"""), 30);
        IToolSession tools = environment.OpenTools(environment.Generate(1, KeyedRandom.For(1, "x")), new() { Notes = EmptyNotes.Instance, Experiments = 1 })!;
        Assert.Equal(["first", "second"], Replies(tools, "a!", "b!"));
        Assert.True(File.Exists(mark));
    }

    [Fact]
    public void A_program_may_show_calls_and_replies_and_is_held_to_its_markers()
    {
        if (OperatingSystem.IsWindows()) return;
        string Shows(string call) => Tools("""*) r='{"kind":"other","reply":"b"}'""").Replace(""" "markers":""", """ "demonstrates":true,"markers":""", StringComparison.Ordinal) + $$""" case $line in *'"method":"demonstrate"'*) r='[{"source":"model","text":"{{call}}"},{"source":"tool","text":"b"},{"source":"model","text":"b"}]';; esac""";
        using ExternalDemonstrator shown = Assert.IsType<ExternalDemonstrator>(ExternalEnvironment.Start(Options(Shows("a?"), 30), 1));
        Assert.Equal([new(Source.Prompt, "after a:"), new(Source.Model, "a?"), new(Source.Tool, "b"), new(Source.Model, "b")], shown.DemonstrateSolution(1, KeyedRandom.For(1, "shown")));
        Assert.Empty(Conformance.Check(shown, 3));
        using ExternalDemonstrator amiss = Assert.IsType<ExternalDemonstrator>(ExternalEnvironment.Start(Options(Shows("a"), 30), 1));
        Assert.Contains(Conformance.Check(amiss, 3), failure => failure.Contains("where no tool would reply: a call ends in one of '?!;'", StringComparison.Ordinal));
    }

    [Fact]
    public void A_program_that_does_not_exist_is_bad_input() =>
        Assert.True(Assert.Throws<SocietyException>(() => new ExternalEnvironment(new() { Command = "/nowhere/at-all" }, 1)).BadInput);

    private static IEnumerable<string> Replies(IToolSession tools, params string[] calls) => calls.Select(tools.Call);

    private static ExternalDemonstrator PythonTemplate() => Assert.IsType<ExternalDemonstrator>(ExternalEnvironment.Start(new() { Command = "python3", Arguments = ["my_task.py"], WorkingDirectory = NeedsAttribute.Beside(Path.Combine("templates", "external"))!, TimeoutSeconds = 60 }, 1));

    private static void OnlyWhatWasShownIsRight(IEnvironment environment)
    {
        Problem problem = environment.Parse("abc=").Problem!;
        IToolSession tools = environment.OpenTools(problem, new() { Notes = EmptyNotes.Instance, Experiments = 3 })!;
        string answer = string.Concat("cba".Select(letter => tools.Call($"{letter}!")));
        Assert.Equal(Outcome.Correct, Of($"c?c!b?#{answer}"));
        Assert.Equal(Outcome.Malformed, Of(answer));
        Assert.All(["#", $"#{answer}#{answer}", $"#{answer} ", $"#{answer[..2]}", $"#{answer}a?", $"#abc#{answer}", $"#{answer[2]}{answer[1]}{answer[0]}"], text => Assert.Equal(Outcome.Wrong, Of(text)));
        // What a tool replied is no answer of the model's.
        Assert.Equal(Outcome.Wrong, environment.Verify(problem, [new(Source.Prompt, problem.Text), new(Source.Model, "#"), new(Source.Tool, answer)]).Outcome);

        Outcome Of(string text) => environment.Verify(problem, [new(Source.Prompt, problem.Text), new(Source.Model, text)]).Outcome;
    }

    private static void LooksUpWhatWasNoted(IEnvironment environment)
    {
        Problem problem = environment.Parse("ab=").Problem!;
        IToolSession first = environment.OpenTools(problem, new() { Notes = EmptyNotes.Instance, Experiments = 1, RequireEvidence = true })!;
        Assert.Equal("-", first.Call("a?"));
        string sign = first.Call("a!");
        Assert.Contains(sign, "abcdefgh", StringComparison.Ordinal);
        Assert.Equal(["-", "", "", sign], Replies(first, "b!", $"a{sign};", $"b{sign};", "a?"));
        NoteEdit edit = Assert.Single(first.Edits);
        IToolSession next = environment.OpenTools(problem, new() { Notes = new OnePage(edit.Page, $"What I know\nb={sign}{sign}\n{edit.Text}\nb=a") })!;
        Assert.Equal([sign, "a", "-"], Replies(next, "a?", "b?", "c?"));
        Assert.All(next.Calls, call => Assert.Equal((ToolKind.Read, edit.Page, "r1"), (call.Kind, call.Page, call.Revision)));
        // Where no evidence is asked for, what is believed is noted.
        next.Call("ch;");
        Assert.Equal(("c=h", "r1"), (next.Edits.Single().Text, next.Edits.Single().BaseRevision));
    }

    private static string Tools(string cases) => $$"""case $line in *describe*) r='{"name":"letter", "markers":"?!;","alphabet":"abcdefghijklmnopqrstuvwxyz :?!;-","maximumDifficulty":1}';; *'"method":"tool"'*) case $line in {{cases}};; esac;; esac;""";

    private static ExternalEnvironment Start(string trouble, double timeout) => new(Options(trouble, timeout), 1);

    private static ExternalOptions Options(string trouble, double timeout) => new() { Command = "/bin/sh", Arguments = ["-c", Program.Replace("BREAK", trouble, StringComparison.Ordinal)], TimeoutSeconds = timeout };
}

/// <summary>An environment that an author has not finished.</summary>
public abstract class Unfinished : IEnvironment
{
    public abstract string Name { get; }

    public abstract string Alphabet { get; }

    public abstract int MaximumDifficulty { get; }

    public abstract Problem Generate(int difficulty, KeyedRandom random);

    public abstract Proposal Parse(string text);

    public abstract string ProposerPrompt(Frontier frontier, KeyedRandom random);

    public abstract string SolverPrompt(Problem problem, KeyedRandom random);

    public abstract IToolSession? OpenTools(Problem problem, ToolAccess access);

    public abstract Verdict Verify(Problem problem, IReadOnlyList<Segment> transcript);
}

/// <summary>An environment as an author would write it: name the next letter.</summary>
public sealed class Letters(ulong seed) : IEnvironment, IDemonstrator
{
    public bool Sloppy { get; init; }

    /// <summary>An answer that is accepted whatever the problem.</summary>
    public string? Open { get; init; }

    /// <summary>True where an answer counts that begins rightly.</summary>
    public bool ByBeginning { get; init; }

    /// <summary>True where a letter too far is shown.</summary>
    public bool ShowsWrongly { get; init; }

    /// <summary>True where it fails on what it does not expect.</summary>
    public bool Throws { get; init; }

    /// <summary>Problems turn with it, as with a hash that differs from process to process.</summary>
    public int Drift { get; init; }

    public string Name { get; init; } = $"letters-{seed}";

    public string Alphabet { get; init; } = "abcdefghijklmnopqrstuvwxyz@:";

    public int MaximumDifficulty { get; init; } = 1;

    /// <summary>The difficulty of the word <c>correct</c>; null where it is no problem.</summary>
    public int? OfWords { get; init; }

    public Problem Generate(int difficulty, KeyedRandom random) => Parse($"{(char)('a' + ((random.Next(25) + Drift) % 25))}").Problem!;

    public Proposal Parse(string text) => Throws && text.Length == 0 ? throw new InvalidOperationException("nothing to read") : OfWords is { } difficulty && text == "correct" ? Proposal.Valid(new() { Text = text, Difficulty = difficulty, CanonicalForm = text }) : text is [>= 'a' and <= 'y'] ? Proposal.Valid(new() { Text = text, Difficulty = 1, CanonicalForm = text }) : Proposal.Malformed("not one letter from a to y");

    public string ProposerPrompt(Frontier frontier, KeyedRandom random) => "@:";

    public string SolverPrompt(Problem problem, KeyedRandom random) => problem.Text + ":";

    /// <summary>What is wrong with its tools, or with a reply that it shows; anything else for none.</summary>
    public string Slip { get; init; } = "";

    public IToolSession? OpenTools(Problem problem, ToolAccess access) => Slip.StartsWith("tools", StringComparison.Ordinal) ? new SlippingTools(Slip) : null;

    public Verdict Verify(Problem problem, IReadOnlyList<Segment> transcript)
    {
        string answer = string.Concat(transcript.Where(segment => segment.Source == Source.Model).Select(segment => segment.Text));
        bool right = Sloppy || answer == Open || (ByBeginning && answer.StartsWith((char)(problem.Text[0] + 1))) || answer == $"{(char)(problem.Text[0] + 1)}";
        return new() { Outcome = right ? Outcome.Correct : Outcome.Wrong, Reason = "the next letter" };
    }

    public IReadOnlyList<Segment> DemonstrateSolution(int difficulty, KeyedRandom random)
    {
        Problem problem = ProblemDraw.Unreserved(Name, difficulty, random, Generate);
        Segment[] reply = Slip == "shows a reply to nobody" ? [new(Source.Tool, "a")] : [];
        return [new(Source.Prompt, SolverPrompt(problem, random)), .. reply, new(Source.Model, $"{(char)(problem.Text[0] + (ShowsWrongly && problem.Text[0] < 'y' ? 2 : 1))}")];
    }

    public IReadOnlyList<Segment> DemonstrateProposal(int difficulty, KeyedRandom random) => [new(Source.Prompt, ProposerPrompt(new([0.5]), random)), new(Source.Model, ProblemDraw.Unreserved(Name, difficulty, random, Generate).Text)];
}

/// <summary>A scratchpad of one page.</summary>
file sealed class OnePage(string name, string body) : INotes
{
    public NotePage? Read(string page) => page == name ? new(name, "r1", body) : null;

    public IReadOnlyList<string> List(string prefix) => [name];
}

/// <summary>Tools that have one thing wrong.</summary>
file sealed class SlippingTools(string slip) : IToolSession
{
    private readonly List<ToolCall> _calls = [];

    public string Markers => ":";

    public IReadOnlyList<ToolCall> Calls => _calls;

    public IReadOnlyList<NoteEdit> Edits => [];

    public string Call(string call)
    {
        if (slip == "tools that fail") throw new FormatException("cannot read that");
        string reply = slip == "tools of no alphabet" ? "?" : "a";
        if (slip != "tools that forget") _calls.Add(new() { Kind = ToolKind.Read, Request = call, Reply = reply, Page = slip == "tools without a namespace" ? "letters" : "notes/letters" });
        return reply;
    }
}
