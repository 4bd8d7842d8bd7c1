using AgentSociety.Core;
using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Environments.Laws;
using CsCheck;

namespace AgentSociety.Environments.Tests.Operators;

public class HiddenOperatorsTests
{
    private static readonly LawEnvironment World = HiddenLaws.Operators(new(), 11);
    private static readonly Gen<Problem> Problems = Gen.Select(Gen.Int[1, 16], Gen.ULong).Select((difficulty, key) => World.Generate(difficulty, KeyedRandom.FromKey(key)));

    [Fact]
    public void Every_operator_is_a_permutation_and_depends_on_the_seed_alone()
    {
        LawEnvironment again = HiddenLaws.Operators(new(), 11), other = HiddenLaws.Operators(new(), 12);
        int same = 0;
        for (char name = 'a'; name <= 'h'; name++)
        {
            Assert.Equal(Enumerable.Range(0, 10), Enumerable.Range(0, 10).Select(digit => World.Apply(name, digit)).Order());
            for (int digit = 0; digit < 10; digit++)
            {
                Assert.Equal(World.Apply(name, digit), again.Apply(name, digit));
                if (World.Apply(name, digit) == other.Apply(name, digit)) same++;
            }
        }

        Assert.InRange(same, 0, 25);
    }

    [Fact]
    public void What_is_generated_can_be_parsed_and_has_the_difficulty_asked_for() => Problems.Sample(problem =>
    {
        Assert.Equal(problem, World.Parse(problem.Text).Problem);
        Assert.Equal(problem.Text.Length - 2, problem.Difficulty);
    });

    [Theory]
    [InlineData(""), InlineData("="), InlineData("4="), InlineData("bac4"), InlineData("bac="), InlineData("bac4= "), InlineData(" bac4=")]
    [InlineData("bax4="), InlineData("bac44="), InlineData("BAC4="), InlineData("bac４="), InlineData("bac٤="), InlineData("bас4="), InlineData("aaaaaaaaaaaaaaaaa4=")]
    public void A_text_that_is_no_chain_is_malformed_with_a_reason(string text)
    {
        Proposal proposal = World.Parse(text);
        Assert.Null(proposal.Problem);
        Assert.NotEmpty(proposal.Reason);
    }

    [Fact]
    public void An_agent_that_asks_step_by_step_is_sound_whatever_the_notes_hold() => Gen.Select(Problems, Gen.ULong).Sample((problem, key) =>
    {
        KeyedRandom random = KeyedRandom.FromKey(key);
        PagesInMemory notes = new([.. Enumerable.Range(0, 8).Select(index => (char)('a' + index)).Select(name =>
            ($"notes/operator-{name}", string.Join('\n', Enumerable.Range(0, 10).Where(_ => random.Next(2) == 0).Select(digit => $"{name}{digit}={World.Apply(name, digit)}"))))]);
        ToolAccess access = new() { Notes = notes, Experiments = 16 };
        (IReadOnlyList<Segment> transcript, IToolSession? tools) = ScriptedPlay.Attempt(World, problem, access, new Walker(problem.Text).Write);
        Verdict verdict = World.Verify(problem, transcript);
        Assert.True(verdict.Sound, ScriptedPlay.Render(transcript));
        Assert.All(tools!.Edits, edit => Assert.Equal(World.Apply(edit.Text[0], edit.Text[1] - '0'), edit.Text[3] - '0'));
        Assert.Equal(tools.Calls.Count(call => call.Kind == ToolKind.Experiment), tools.Edits.Count);
    });

    [Fact]
    public void The_answer_agrees_with_function_composition() => Problems.Sample(problem =>
    {
        Func<int, int> composed = problem.Text[..^2].Select(name => (Func<int, int>)(digit => World.Apply(name, digit)))
            .Aggregate((outer, inner) => digit => outer(inner(digit)));
        int truth = composed(problem.Text[^2] - '0');
        for (int digit = 0; digit < 10; digit++)
        {
            Verdict verdict = World.Verify(problem, [new(Source.Prompt, problem.Text), new(Source.Model, $"#{digit}")]);
            Assert.Equal(digit == truth ? Outcome.Correct : Outcome.Wrong, verdict.Outcome);
            Assert.False(verdict.Sound);
        }
    });

    [Fact]
    public void A_page_that_lies_makes_a_wrong_answer_of_valid_steps()
    {
        int lie = (World.Apply('c', 4) + 1) % 10;
        ToolAccess access = new() { Notes = new PagesInMemory(("notes/operator-c", $"c4={World.Apply('c', 4)}\nc4={lie}")) };
        Verdict verdict = ScriptedPlay.Judge(World, ScriptedPlay.Problem(World, "c4="), access, $"c4?#{lie}");
        Assert.Equal(Outcome.Wrong, verdict.Outcome);
        Assert.All(verdict.Steps, step => Assert.True(step.Valid));
    }

    [Theory]
    [InlineData("c4=2", '2'), InlineData("c4=2\nc4=3", '3'), InlineData("c4=2\nc4=33", '2'), InlineData("xc4=2", '-'), InlineData("c4=x", '-')]
    [InlineData("  c4=2  \r\n", '2'), InlineData("c4=２", '-'), InlineData("", '-'), InlineData("b4=1\nC4=1\nc5=1", '-'), InlineData("c4 = 2", '-')]
    public void A_look_up_takes_the_last_line_of_the_exact_form(string page, char reply)
    {
        IToolSession tools = World.OpenTools(ScriptedPlay.Problem(World, "c4="), new() { Notes = new PagesInMemory(("notes/operator-c", page)) });
        Assert.Equal(reply.ToString(), tools.Call("c4?"));
        Assert.Equal("notes/operator-c@1", tools.Calls[0].Revision);
    }

    [Fact]
    public void Experiments_end_with_the_budget_and_tell_the_truth_until_then()
    {
        IToolSession tools = World.OpenTools(ScriptedPlay.Problem(World, "c4="), new() { Notes = EmptyNotes.Instance, Experiments = 2 });
        Assert.Equal([$"{World.Apply('c', 4)}", $"{World.Apply('h', 0)}", "-"], [tools.Call("c4!"), tools.Call("h0!"), tools.Call("c4!")]);
    }

    [Fact]
    public void A_look_up_sees_what_the_attempt_itself_has_noted()
    {
        IToolSession tools = World.OpenTools(ScriptedPlay.Problem(World, "c4="), new() { Notes = EmptyNotes.Instance });
        Assert.Equal(["-", "", "7"], [tools.Call("c4?"), tools.Call("c47;"), tools.Call("c4?")]);
        NoteEdit edit = Assert.Single(tools.Edits);
        Assert.Equal(("notes/operator-c", "c4=7", EditKind.Append), (edit.Page, edit.Text, edit.Kind));
    }

    [Fact]
    public void Tools_answer_whatever_a_model_writes() => Gen.String.Sample(text =>
    {
        IToolSession tools = World.OpenTools(ScriptedPlay.Problem(World, "c4="), new() { Notes = EmptyNotes.Instance });
        foreach (char marker in tools.Markers) Assert.InRange(tools.Call(text + marker).Length, 0, 1);
        Assert.Equal(3, tools.Calls.Count);
    });

    [Fact]
    public void Demonstrations_are_flawless_in_form_hold_no_reserved_problem_and_stay_in_the_alphabet() => Gen.Select(Gen.Int[1, 16], Gen.ULong).Sample((difficulty, key) =>
    {
        IReadOnlyList<Segment> solution = World.DemonstrateSolution(difficulty, KeyedRandom.FromKey(key));
        IReadOnlyList<Segment> proposal = World.DemonstrateProposal(difficulty, KeyedRandom.FromKey(key));
        Assert.All(solution.Concat(proposal), segment => Assert.All(segment.Text, character => Assert.Contains(character, World.Alphabet)));
        Problem solved = ScriptedPlay.Problem(World, solution[0].Text), posed = ScriptedPlay.Problem(World, proposal[1].Text);
        Assert.Equal((difficulty, difficulty), (solved.Difficulty, posed.Difficulty));
        Assert.False(Reservation.Holds(World.Name, solved.CanonicalForm) || Reservation.Holds(World.Name, posed.CanonicalForm));
        Verdict verdict = World.Verify(solved, solution);
        Assert.NotEqual(Outcome.Malformed, verdict.Outcome);
        Assert.All(verdict.Steps.SkipLast(1), step => Assert.True(step.Valid));
    });

    [Fact]
    public void Demonstrations_teach_no_fact_of_the_world_itself()
    {
        int[] agree = new int[2];
        for (int index = 0; index < 2000; index++)
        {
            IReadOnlyList<Segment> shown = World.DemonstrateSolution(4, KeyedRandom.For(5, "demonstration", index));
            foreach ((Segment call, Segment reply) in shown.Zip(shown.Skip(1)).Where(pair => pair.Second is { Source: Source.Tool, Text: not "-" }))
            {
                agree[World.Apply(call.Text[^3], call.Text[^2] - '0') == reply.Text[0] - '0' ? 1 : 0]++;
            }
        }

        Assert.InRange((double)agree[1] / (agree[0] + agree[1]), 0.08, 0.12);
    }

    [Fact]
    public void Options_out_of_range_are_refused_by_name()
    {
        SocietyException refused = Assert.Throws<SocietyException>(() => HiddenLaws.Operators(new() { Operators = 40, MaximumDifficulty = 0 }, 1));
        Assert.Contains("Operators", refused.Message);
        Assert.Contains("MaximumDifficulty", refused.Message);
        Assert.Throws<SocietyException>(() => HiddenLaws.Operators(new() { DemonstrateKnown = 0.9, DemonstrateExperiments = 0.2 }, 1));
    }

    /// <summary>The flawless agent: looks up, experiments where nothing is known, notes, answers.</summary>
    private sealed class Walker(string problem)
    {
        private int _next = problem.Length - 3;
        private char _digit = problem[^2];
        private char _name;
        private string _note = "";
        private bool _done;

        public string? Write(string said)
        {
            if (_done) return null;
            string note = "";
            if (said.EndsWith('-')) return $"{_name}{_digit}!";
            if (said.Length > 0)
            {
                if (said[^2] == '!') note = $"{_name}{_digit}{said[^1]};";
                _digit = said[^1];
            }

            if (_next >= 0)
            {
                _name = problem[_next--];
                _note = $"{note}{_name}{_digit}?";
                return _note;
            }

            _done = true;
            return $"{note}#{_digit}";
        }
    }
}
