using AgentSociety.Core;
using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Environments.Laws;
using CsCheck;

namespace AgentSociety.Environments.Tests.Laws;

public class LawTests
{
    private static readonly LawEnvironment[] Worlds =
    [
        HiddenLaws.Operators(new(), 11), HiddenLaws.Machine(new(), 11), HiddenLaws.Machine(new() { States = 16, Inputs = 10, Outputs = 8 }, 12), HiddenLaws.Rings(new(), 11),
        HiddenLaws.Rings(new() { Rules = 14, Colours = 3, Cells = 8 }, 12), HiddenLaws.Grammar(new(), 11), HiddenLaws.Grammar(new() { Symbols = 20, MaximumDifficulty = 48 }, 12),
        HiddenLaws.Grid(new(), 11), HiddenLaws.Grid(new() { Rows = 4, Colours = 3, MaximumDifficulty = 16 }, 12),
    ];

    private static readonly Gen<(LawEnvironment World, Problem Problem, ulong Key)> Problems = Gen.Select(Gen.Int[0, Worlds.Length - 1], Gen.ULong).Select((which, key) =>
    {
        KeyedRandom random = KeyedRandom.FromKey(key);
        return (Worlds[which], Worlds[which].Generate(random.Next(1, Worlds[which].MaximumDifficulty), random), key);
    });

    [Fact]
    public void What_is_generated_can_be_parsed_and_is_in_the_alphabet() => Problems.Sample(at =>
    {
        Assert.Equal(at.Problem, at.World.Parse(at.Problem.Text).Problem);
        Assert.All(at.Problem.Text, character => Assert.Contains(character, at.World.Alphabet));
    });

    [Fact]
    public void A_walk_in_order_is_sound_and_its_notes_are_true_whatever_the_pages_hold_of_the_truth() => Problems.Sample(at =>
    {
        KeyedRandom random = KeyedRandom.For(at.Key, "notes");
        PagesInMemory notes = new([.. at.World.Facts.Select(page => (page.Page, string.Join('\n', page.Lines.Where(_ => random.Next(2) == 0))))]);
        (IReadOnlyList<Segment> transcript, IToolSession tools) = LawOracle.Play(at.World, at.Problem, new() { Notes = notes, Experiments = 10_000 });
        Verdict verdict = at.World.Verify(at.Problem, transcript);
        Assert.True(verdict.Sound, $"{at.World.Name} {ScriptedPlay.Render(transcript)} {verdict.Reason}");
        Assert.All(tools.Edits, edit => Assert.Equal(FactTruth.True, at.World.Judge(edit.Text)));
        Assert.All(tools.Edits, edit => Assert.Contains(edit.Text, at.World.Facts.Single(page => page.Page == edit.Page).Lines));
        // A walk looks before it tries: what it notes names the page as it was read.
        Assert.All(tools.Edits, edit => Assert.Equal(notes.Read(edit.Page)?.Revision, edit.BaseRevision));
    }, iter: 500);

    [Fact]
    public void Answers_are_judged_by_the_oracle_and_a_guess_is_never_sound() => Problems.Sample(at =>
    {
        string truth = LawOracle.Solve(at.World, at.Problem.Text).Answer;
        Verdict right = at.World.Verify(at.Problem, [new(Source.Prompt, at.Problem.Text), new(Source.Model, $"#{truth}")]);
        Assert.Equal((Outcome.Correct, false), (right.Outcome, right.Sound));
        char[] changed = truth.ToCharArray();
        int place = (int)(at.Key % (ulong)changed.Length);
        changed[place] = at.World.Facts[0].Lines[0].Concat(at.World.Alphabet).First(character => character != truth[place]);
        Assert.NotEqual(Outcome.Correct, at.World.Verify(at.Problem, [new(Source.Model, $"#{new string(changed)}")]).Outcome);
    }, iter: 2000);

    [Theory, InlineData(3, "ba.oo.o=", "a.oo.o=", 5, "b{0}="), InlineData(5, "ab2=", "ab1=", 2, "{0}1="), InlineData(7, ".oo/o.o/...ca=", ".oo/o.o/...c=", 3, "{0}a=")]
    public void What_is_left_may_be_written_down_once_between_two_parts_of_a_walk_and_must_be_right(int which, string text, string firstPart, int calls, string form)
    {
        LawEnvironment world = Worlds[which];
        Problem problem = ScriptedPlay.Problem(world, text);
        PagesInMemory notes = new([.. world.Facts.Select(page => (page.Page, string.Join('\n', page.Lines)))]);
        Segment[] walked = [.. LawOracle.Play(world, problem, new() { Notes = notes }).Transcript];
        string rest = string.Format(System.Globalization.CultureInfo.InvariantCulture, form, LawOracle.Solve(world, firstPart).Answer);
        Assert.True(With(rest, calls).Sound);
        Assert.Contains(Enumerable.Range(0, 20).SelectMany(index => world.DemonstrateSolution(problem.Difficulty, KeyedRandom.For(3, "shown", index))), segment => segment is { Source: Source.Model, Text: [.., '?'] } && segment.Text.Contains('='));
        Assert.Equal((Outcome.Correct, true), (With("", calls).Outcome, With("", calls).Sound));
        foreach (Verdict verdict in new[] { With(rest + rest, calls), With(rest[1..], calls), With((rest[0] == 'a' ? "c" : "a") + rest[1..], calls), With(rest, calls - 1), With(rest, calls + 1), With(rest, 0), With(problem.Text, 0) })
        {
            Assert.Equal((Outcome.Correct, false), (verdict.Outcome, verdict.Sound));
        }

        // Call by call a segment of the model and a reply, behind the prompt.
        Verdict With(string written, int call) =>
            world.Verify(problem, [.. walked.Select((segment, index) => index == 1 + (2 * call) ? segment with { Text = written + segment.Text } : segment)]);
    }

    [Fact]
    public void Oracle_notes_are_true_complete_and_unlike_those_of_another_seed()
    {
        foreach (LawEnvironment world in Worlds)
        {
            string[] lines = [.. world.Facts.SelectMany(page => page.Lines)];
            Assert.Equal(lines.Length, lines.Distinct().Count());
            Assert.All(lines, line => Assert.Equal(FactTruth.True, world.Judge($" {line} ")));
            Assert.All(lines, line => Assert.Equal(line.Split('=')[1], world.Reply(line.Split('=')[0])));
            Assert.Equal(world.Facts.Count, world.Facts.Select(page => page.Page).Distinct().Count());
        }

        LawEnvironment other = HiddenLaws.Machine(new(), 99);
        Assert.Contains(Worlds[1].Facts.SelectMany(page => page.Lines), line => other.Judge(line) == FactTruth.False);
    }

    [Fact]
    public void A_line_that_states_no_fact_is_judged_as_none() => Gen.Select(Gen.Int[0, Worlds.Length - 1], Gen.String).Sample((which, line) =>
    {
        foreach (string text in new[] { line, "", "# What we know", "- c4=2", "c4 = 2", "c4=２", "c4=22222", "c4=2\n" }) Assert.Equal(FactTruth.NoFact, Worlds[which].Judge(text));
    });

    [Fact]
    public void Every_false_reply_is_judged_false()
    {
        LawEnvironment world = Worlds[3];
        Assert.All(world.Facts.SelectMany(page => page.Lines), line => Assert.Equal(FactTruth.False, world.Judge(line[..^1] + (line[^1] == '.' ? 'o' : '.'))));
    }

    [Fact]
    public void Demonstrations_are_flawless_in_form_and_hold_no_reserved_problem() => Gen.Select(Gen.Int[0, Worlds.Length - 1], Gen.ULong).Sample((which, key) =>
    {
        LawEnvironment world = Worlds[which];
        int difficulty = 1 + (int)(key % (ulong)world.MaximumDifficulty);
        IReadOnlyList<Segment> solution = world.DemonstrateSolution(difficulty, KeyedRandom.FromKey(key)), proposal = world.DemonstrateProposal(difficulty, KeyedRandom.FromKey(key));
        Assert.All(solution.Concat(proposal), segment => Assert.All(segment.Text, character => Assert.Contains(character, world.Alphabet)));
        Problem solved = ScriptedPlay.Problem(world, solution[0].Text), posed = ScriptedPlay.Problem(world, proposal[1].Text);
        Assert.False(Reservation.Holds(world.Name, solved.CanonicalForm) || Reservation.Holds(world.Name, posed.CanonicalForm));
        // What is left is written down as a problem where it is none of the tests'.
        foreach (string written in solution.Where(segment => segment.Source == Source.Model && segment.Text.Contains('=')).Select(segment => segment.Text[..(segment.Text.IndexOf('=') + 1)].Split(';')[^1]))
            Assert.False(world.Parse(written).Problem is { } left && Reservation.Holds(world.Name, left.CanonicalForm), written);
        Verdict verdict = world.Verify(solved, solution);
        Assert.NotEqual(Outcome.Malformed, verdict.Outcome);
        Assert.All(verdict.Steps.SkipLast(1), step => Assert.True(step.Valid));
    }, iter: 1000);

    [Fact]
    public void Demonstrations_teach_no_fact_of_the_world_itself()
    {
        LawEnvironment world = Worlds[2];
        int agree = 0, told = 0;
        for (int index = 0; index < 2000; index++)
        {
            IReadOnlyList<Segment> shown = world.DemonstrateSolution(4, KeyedRandom.For(5, "demonstration", index));
            foreach ((Segment call, Segment reply) in shown.Zip(shown.Skip(1)).Where(pair => pair.Second is { Source: Source.Tool, Text: not "-" }))
            {
                told++;
                if (world.Reply(call.Text[^3..^1]) == reply.Text) agree++;
            }
        }

        Assert.InRange((double)agree / told, 0, 0.03); // chance is 1 in 128
    }

    [Fact]
    public void Turned_rings_are_one_problem() =>
        Assert.Equal(ScriptedPlay.Problem(Worlds[3], "ba.oo.o=").CanonicalForm, ScriptedPlay.Problem(Worlds[3], "baoo.o.=").CanonicalForm);

    [Theory, InlineData(7), InlineData(8)]
    public void Grids_that_can_be_shifted_or_reordered_into_one_another_are_one_problem_and_come_to_the_same(int which) => Gen.ULong.Sample(key =>
    {
        LawEnvironment world = Worlds[which];
        KeyedRandom random = KeyedRandom.FromKey(key);
        Problem problem = world.Generate(random.Next(1, 4), random);
        string answer = LawOracle.Solve(world, problem.Text).Answer;
        // Every text that single moves lead to, with its answer moved alike.
        Dictionary<string, string> same = new() { [problem.Text] = answer };
        Queue<string> open = new([problem.Text]);
        while (open.TryDequeue(out string? text))
        {
            Assert.Equal(same[text], LawOracle.Solve(world, text).Answer);
            Assert.Equal(problem.CanonicalForm, ScriptedPlay.Problem(world, text).CanonicalForm);
            foreach ((string moved, string becomes) in Moves(text, same[text])) if (same.TryAdd(moved, becomes)) open.Enqueue(moved);
        }

        Assert.Equal(same.Keys.Min(StringComparer.Ordinal), problem.CanonicalForm);
    }, iter: 200);

    /// <summary>A grid problem moved down by a row, to the right by a column, and with two rows that lie apart renewed in the other order.</summary>
    private static IEnumerable<(string Text, string Answer)> Moves(string text, string answer)
    {
        int rows = answer.Count(character => character == '/') + 1, length = answer.Length;
        string order = text[length..^1];
        yield return ($"{Down(text[..length])}{string.Concat(order.Select(row => (char)('a' + (row - 'a' + 1) % rows)))}=", Down(answer));
        yield return ($"{Right(text[..length])}{order}=", Right(answer));
        for (int at = 1; at < order.Length; at++)
            if (rows == 4 && Math.Abs(order[at] - order[at - 1]) == 2) yield return ($"{text[..length]}{order[..(at - 1)]}{order[at]}{order[at - 1]}{order[(at + 1)..]}=", answer);

        static string Down(string grid) => string.Join('/', grid.Split('/')[^1..].Concat(grid.Split('/')[..^1]));
        static string Right(string grid) => string.Join('/', grid.Split('/').Select(line => line[^1] + line[..^1]));
    }

    [Theory]
    [InlineData(1, "a"), InlineData(1, "a="), InlineData(1, "a4="), InlineData(1, "i0="), InlineData(1, "a０="), InlineData(1, "a0"), InlineData(1, "a0000000000000=")]
    [InlineData(3, "a.oo.="), InlineData(3, ".oo.o="), InlineData(3, "e.oo.o="), InlineData(3, "a.oo.x="), InlineData(3, "aaaaaaa.oo.o="), InlineData(3, "a．oo.o=")]
    [InlineData(5, "a0="), InlineData(5, "a5="), InlineData(5, "ab="), InlineData(5, "g1="), InlineData(5, "aaaa4="), InlineData(5, "1="), InlineData(5, "а1=")]
    [InlineData(7, "./o/.a="), InlineData(7, ".oo/o.o/...="), InlineData(7, ".oo/o.o/...d="), InlineData(7, ".oo/o.o/...a"), InlineData(7, ".ooo.o...a="), InlineData(7, ".oo/o.x/...a="), InlineData(7, ".oo/o.o/...aaaaaaaaa="), InlineData(7, ".oo/o.o/...а=")]
    public void A_text_that_is_no_problem_is_malformed_with_a_reason(int which, string text)
    {
        Assert.Null(Worlds[which].Parse(text).Problem);
        Assert.NotEmpty(Worlds[which].Parse(text).Reason);
    }

    [Fact]
    public void Parse_and_tools_are_total() => Gen.Select(Gen.Int[0, Worlds.Length - 1], Gen.String).Sample((which, text) =>
    {
        Assert.Equal(Worlds[which].Parse(text).Problem is null, Worlds[which].Parse(text).Reason.Length > 0);
        IToolSession tools = Worlds[which].OpenTools(Worlds[which].Generate(1, KeyedRandom.For(1, "x")), new() { Notes = EmptyNotes.Instance });
        foreach (char marker in tools.Markers) Assert.InRange(tools.Call(text + marker).Length, 0, 2);
    });

    [Fact]
    public void Options_out_of_range_are_refused_by_name()
    {
        Assert.Contains("States", Assert.Throws<SocietyException>(() => HiddenLaws.Machine(new() { States = 40 }, 1)).Message);
        Assert.Contains("Cells", Assert.Throws<SocietyException>(() => HiddenLaws.Rings(new() { Cells = 1 }, 1)).Message);
        Assert.Contains("Rows", Assert.Throws<SocietyException>(() => HiddenLaws.Grid(new() { Rows = 2 }, 1)).Message);
        Assert.Contains("demonstrateKnown", Assert.Throws<SocietyException>(() => HiddenLaws.Grammar(new() { DemonstrateKnown = 0.9, DemonstrateExperiments = 0.2 }, 1)).Message);
    }

    [Fact]
    public void Crafted_answers_are_never_accepted_and_stuffed_ones_are_never_sound() => Problems.Sample(at =>
    {
        string truth = LawOracle.Solve(at.World, at.Problem.Text).Answer;
        string[] crafted =
        [
            "", "#", truth, $"={truth}", $"##{truth}", $"#{truth}#{truth}", $"#{truth} ", $"# {truth}", $"#{truth}\n", $"#{truth}\0", $"#{truth}?", $"#{truth}=", $"#{truth}-", $"＃{truth}", $"#{truth}\u200b", $"#\ufeff{truth}",
            $"#{Wide(truth)}", $"#{truth.ToUpperInvariant()}\u0301", new('#', 100_000), new('a', 300_000), $"#{truth}{new string(truth[0], 100_000)}", "\ud800", $"#{truth}\ud800", "<eot>", $"answer: {truth}", $"#{truth}{truth[0]}",
        ];
        foreach (string text in crafted)
        {
            Verdict verdict = ScriptedPlay.Judge(at.World, at.Problem, new() { Notes = EmptyNotes.Instance }, text);
            Assert.False(verdict.Outcome == Outcome.Correct, $"{at.World.Name} {at.Problem.Text} {text[..Math.Min(40, text.Length)]}");
        }

        foreach (string text in new[] { $"#{truth}", $"junk#{truth}", string.Concat(at.World.Facts[0].Lines.Select(line => line.Replace("=", "", StringComparison.Ordinal) + ";")) + $"#{truth}" })
        {
            Assert.False(ScriptedPlay.Judge(at.World, at.Problem, new() { Notes = EmptyNotes.Instance, Experiments = 100 }, text).Sound);
        }
    }, iter: 100);

    [Fact]
    public void No_transcript_throws_and_only_the_truth_is_correct() => Gen.Select(Problems, Gen.Int[0, 40], Gen.Bool).Sample((at, length, split) =>
    {
        KeyedRandom random = KeyedRandom.For(at.Key, "fuzz");
        string alphabet = at.World.Alphabet + "#?!; ", text = string.Concat(Enumerable.Range(0, length).Select(_ => random.Choose(alphabet.ToCharArray())));
        Segment[] transcript = split ? [new(Source.Model, text[..(length / 2)]), new(Source.Tool, "3"), new(Source.Model, text[(length / 2)..])] : [new(Source.Model, text)];
        Verdict verdict = at.World.Verify(at.Problem, transcript);
        if (verdict.Outcome == Outcome.Correct) Assert.EndsWith($"#{LawOracle.Solve(at.World, at.Problem.Text).Answer}", text);
        Assert.All(verdict.Steps, step => Assert.NotEmpty(transcript[step.Segment].Text.Substring(step.Start, step.Length)));
    }, iter: 20_000);

    private static string Wide(string text) => string.Concat(text.Select(character => character is > ' ' and <= '~' ? (char)(character + 0xfee0) : character));
}
