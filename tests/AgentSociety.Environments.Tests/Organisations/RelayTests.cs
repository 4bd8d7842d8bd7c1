using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Environments.Organisations;
using CsCheck;

namespace AgentSociety.Environments.Tests.Organisations;

public class RelayTests
{
    private static readonly RelayEnvironment Relay = new(new(), 5);
    private static readonly Dictionary<string, string> Truth = Relay.Facts.SelectMany(page => page.Lines).ToDictionary(line => line.Split('=')[0], line => line.Split('=')[1]);
    private static readonly Gen<Problem> Legs = Gen.Select(Gen.Int[1, 4], Gen.ULong).Select((leg, key) => Relay.Generate(leg, KeyedRandom.FromKey(key)));

    [Fact]
    public void Specialists_who_hand_on_finish_jobs_that_none_of_them_could_do_alone()
    {
        Dictionary<string, string> pages = [];
        int waited = 0;
        for (int leg = 1; leg <= 4; leg++)
        {
            foreach (Problem problem in Enumerable.Range(0, 40).Select(index => Relay.Generate(leg, KeyedRandom.For(1, "legs", leg, index))).DistinctBy(problem => problem.Text))
            {
                bool handed = Relay.Plan(problem)[leg - 1].Needs is { } needs && pages.Values.Any(page => page.Split('\n').Contains($"{needs}{Truth[needs[..3]]}"));
                bool given = Relay.Plan(problem)[leg - 1].Needs is null;
                (IReadOnlyList<Segment> transcript, IToolSession tools) = Play(problem, new PagesInMemory([.. pages.Select(page => (page.Key, page.Value))]));
                Verdict verdict = Relay.Verify(problem, transcript);
                if (given || handed) Assert.True(verdict.Sound, ScriptedPlay.Render(transcript) + verdict.Reason);
                else
                {
                    waited++;
                    Assert.False(verdict.Sound);
                }

                foreach (NoteEdit edit in tools.Edits)
                {
                    if (given || handed) Assert.Equal(FactTruth.True, Relay.Judge(edit.Text));
                    pages[edit.Page] = pages.TryGetValue(edit.Page, out string? body) ? $"{body}\n{edit.Text}" : edit.Text;
                }
            }
        }

        Assert.InRange(waited, 1, 100);
        Assert.Contains(pages.Keys, page => page.StartsWith("notes/job-", StringComparison.Ordinal));
    }

    [Fact]
    public void Each_leg_is_the_chain_of_its_own_prompt_applied_to_what_it_was_given_or_handed() => Legs.Sample(problem =>
    {
        string prompt = Relay.SolverPrompt(problem, KeyedRandom.For(1, "prompt")), chain = new([.. prompt[4..^1].Where(char.IsAsciiLetter)]);
        string digit = prompt[^2] is >= '0' and <= '9' ? prompt[^2..^1] : Truth[Relay.Plan(problem)[problem.Difficulty - 1].Needs![..3]];
        foreach (string name in chain.Chunk(2).Select(pair => new string(pair)).Reverse()) digit = Truth[name + digit];
        Assert.Equal(Truth[problem.Text[..3]], digit);
        Assert.Equal(Outcome.Correct, Relay.Verify(problem, [new(Source.Prompt, prompt), new(Source.Model, $"#{digit}")]).Outcome);
        Assert.False(Relay.Verify(problem, [new(Source.Prompt, prompt), new(Source.Model, $"#{digit}")]).Sound);
    });

    [Fact]
    public void An_answer_that_is_not_handed_on_is_not_sound()
    {
        Problem problem = ScriptedPlay.Problem(Relay, "AA1=");
        (IReadOnlyList<Segment> transcript, _) = Play(problem, EmptyNotes.Instance);
        Assert.True(Relay.Verify(problem, transcript).Sound);
        Segment last = transcript[^1];
        Assert.False(Relay.Verify(problem, [.. transcript.SkipLast(1), last with { Text = last.Text[last.Text.IndexOf('#', StringComparison.Ordinal)..] }]).Sound);
    }

    [Fact]
    public void Where_notes_need_evidence_a_result_is_handed_on_that_follows_from_what_was_seen_and_no_other()
    {
        Problem problem = ScriptedPlay.Problem(Relay, "AA1=");
        string[] calls = [.. Play(problem, EmptyNotes.Instance).Tools.Calls.Select(call => call.Request)];
        string result = $"AA1{Truth["AA1"]};", slip = $"AA1{(Truth["AA1"] == "0" ? "1" : "0")};";
        Assert.Equal(result, calls[^1]);
        Assert.Equal(["AA1=" + Truth["AA1"]], HandedOn([.. calls]));
        Assert.Empty(HandedOn([.. calls.SkipLast(1), slip]));
        Assert.Empty(HandedOn(result));
        Assert.Empty(HandedOn([.. calls.Take(2), result]));

        IEnumerable<string> HandedOn(params string[] made)
        {
            IToolSession tools = Relay.OpenTools(problem, new() { Notes = EmptyNotes.Instance, Experiments = 100, RequireEvidence = true });
            foreach (string call in made) tools.Call(call);
            return tools.Edits.Where(edit => edit.Text[0] == 'A').Select(edit => edit.Text);
        }
    }

    [Fact]
    public void No_one_can_experiment_on_the_operators_of_another_or_on_what_is_handed_on() => Legs.Sample(problem =>
    {
        IToolSession tools = Relay.OpenTools(problem, new() { Notes = EmptyNotes.Instance, Experiments = 1000 });
        char own = Relay.SolverPrompt(problem, KeyedRandom.For(1, "prompt"))[4];
        Assert.All(Truth.Keys, question => Assert.Equal(question[0] == own ? Truth[question] : "-", tools.Call(question + "!")));
    }, iter: 50);

    [Fact]
    public void Every_leg_has_parts_to_play_and_parts_to_test_and_none_needs_a_part_that_is_never_played()
    {
        Problem[] parts = [.. Truth.Keys.Where(key => char.IsAsciiLetterUpper(key[0])).Select(key => ScriptedPlay.Problem(Relay, key + "="))];
        foreach (IGrouping<int, Problem> leg in parts.GroupBy(part => part.Difficulty)) Assert.Equal(2, leg.Select(part => Reservation.Holds(Relay.Name, part.CanonicalForm)).Distinct().Count());
        Assert.All(parts, part => Assert.All(Relay.Plan(part), one => Assert.False(one.Needs is { } needs && Reservation.Holds(Relay.Name, needs))));
        Assert.All(parts, part => Assert.Contains(Relay.Plan(part)[part.Difficulty - 1].Role, Relay.Roles));
    }

    [Fact]
    public void A_work_plan_says_who_may_go_on()
    {
        Problem problem = ScriptedPlay.Problem(Relay, "AB1=");
        IReadOnlyList<WorkPart> parts = Relay.Plan(problem);
        NoteEdit before = WorkPlan.Of(Relay, problem, EmptyNotes.Instance)!;
        Assert.Equal($"AB1= {parts[0].Role}: ready", before.Text.Split('\n')[0]);
        if (parts[1].Needs is not null) Assert.Equal($"AB2= {parts[1].Role}: waits for AB1=", before.Text.Split('\n')[1]);
        PagesInMemory told = new((parts[0].Page, "AB1=3\nAB1=7\nnonsense AB1=9"));
        NoteEdit after = WorkPlan.Of(Relay, problem, told)!;
        Assert.Equal($"AB1= {parts[0].Role}: done, 7", after.Text.Split('\n')[0]);
        Assert.Equal($"AB2= {parts[1].Role}: ready", after.Text.Split('\n')[1]);
        Assert.Null(WorkPlan.Of(Relay, problem, new PagesInMemory((parts[0].Page, "AB1=7"), (after.Page, after.Text))));
        // As the scratchpad keeps it.
        Assert.Null(WorkPlan.Of(Relay, problem, new PagesInMemory((parts[0].Page, "AB1=7\n"), (after.Page, after.Text + "\n"))));
    }

    [Theory, InlineData(""), InlineData("AA="), InlineData("AA0="), InlineData("AA5="), InlineData("ZZ1="), InlineData("aa1="), InlineData("AA1"), InlineData("AA１="), InlineData("ΑA1=")]
    public void A_text_that_is_no_part_is_malformed(string text) => Assert.NotEmpty(Relay.Parse(text).Reason);

    private static (IReadOnlyList<Segment> Transcript, IToolSession Tools) Play(Problem problem, INotes notes)
    {
        string prompt = Relay.SolverPrompt(problem, KeyedRandom.For(1, "prompt"));
        List<Segment> transcript = [new(Source.Prompt, prompt)];
        IToolSession tools = Relay.OpenTools(problem, new() { Notes = notes, Experiments = 100 });
        string written = "", digit = prompt[^2] is >= '0' and <= '9' ? prompt[^2..^1] : Ask($"{problem.Text[..2]}{problem.Text[2] - '1'}?");
        foreach (string name in prompt[4..^1].Where(char.IsAsciiLetter).Chunk(2).Select(pair => new string(pair)).Reverse())
        {
            if (digit == "-") break;
            string known = Ask($"{name}{digit}?");
            if (known == "-")
            {
                known = Ask($"{name}{digit}!");
                tools.Call($"{name}{digit}{known};");
                written = $"{name}{digit}{known};";
            }

            digit = known;
        }

        if (digit == "-") digit = "0";
        tools.Call($"{problem.Text[..3]}{digit};");
        transcript.Add(new(Source.Model, $"{written}{problem.Text[..3]}{digit};#{digit}"));
        return (transcript, tools);

        string Ask(string call)
        {
            string reply = tools.Call(call);
            transcript.Add(new(Source.Model, written + call));
            transcript.Add(new(Source.Tool, reply));
            written = "";
            return reply;
        }
    }
}
