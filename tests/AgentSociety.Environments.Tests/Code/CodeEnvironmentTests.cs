using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Environments.Code;
using CsCheck;

namespace AgentSociety.Environments.Tests.Code;

public class CodeEnvironmentTests
{
    private const string Twice = "function f(x){return x*2}";
    private static readonly CodeEnvironment Environment = new(new());
    private static readonly CodeEnvironment Few = new(new() { Language = CodeLanguage.Restricted, EarlierShown = 2 });

    [Fact]
    public void What_is_generated_can_be_parsed_and_its_demonstration_is_correct() => Gen.Select(Gen.Int[1, 12], Gen.ULong).Sample((difficulty, key) =>
    {
        Problem problem = Environment.Generate(difficulty, KeyedRandom.FromKey(key));
        Assert.Equal(problem, Environment.Parse(problem.Text).Problem);
        if (Reservation.Holds(Environment, problem)) return;
        IReadOnlyList<Segment> shown = Environment.DemonstrateSolution(difficulty, KeyedRandom.FromKey(key));
        Verdict verdict = Environment.Verify(problem, shown);
        Assert.True(verdict.Sound, $"{problem.Text}\n{verdict.Reason}");
        Assert.All(shown, segment => Assert.All(segment.Text, character => Assert.Contains(character, Environment.Alphabet)));
    }, iter: 300);

    [Theory]
    [InlineData($"deduce\n{Twice}\nin: 4", "8", Outcome.Correct), InlineData($"deduce\n{Twice}\nin: 4", " 8.0\n", Outcome.Correct), InlineData($"deduce\n{Twice}\nin: 4", "\"8\"", Outcome.Wrong), InlineData($"deduce\n{Twice}\nin: 4", "f(4)", Outcome.Wrong)]
    [InlineData($"abduce\n{Twice}\nin: 4", "4", Outcome.Correct), InlineData($"abduce\n{Twice}\nin: 4", "\"4\"", Outcome.Correct), InlineData($"abduce\n{Twice}\nin: 4", "5", Outcome.Wrong), InlineData($"abduce\n{Twice}\nin: 4", "8/2", Outcome.Malformed)]
    [InlineData($"induce\n{Twice}\nin: 1\nin: 2\nin: 3\nin: 4", "function f(x){return x+x}", Outcome.Correct), InlineData($"induce\n{Twice}\nin: 1\nin: 2\nin: 3\nin: 4", "function f(x){return {1:2,2:4}[x]}", Outcome.Wrong)]
    public void Answers_are_judged_by_running_them(string problem, string answer, Outcome outcome) =>
        Assert.Equal(outcome, Environment.Verify(ScriptedPlay.Problem(Environment, problem), [new(Source.Prompt, ""), new(Source.Model, answer)]).Outcome);

    public static TheoryData<string> Crafted => new(
        "", " ", "undefined", "null", "８", "８\n", "8 8", "8,9", "[8]", "{\"valueOf\":8}", "8//", "8;", "*", "out: 8", "NaN", "return 8", new('9', 100_000), new('[', 100_000), "\ud800", "\0", "8\u200b",
        "function f(x){return globalThis.expected}", "function f(x){return arguments.callee.caller}", "function f(x){return {valueOf(){return 8},toString(){return '8'}}}", "Object.prototype.toString=()=>'8';function f(x){return {}}",
        "function f(x){return [8]}", "function f(x){return '8'}", "function f(x){return new Number(8)}", "function f(x){return 8}", "function f(x){for(;;){try{for(;;);}catch{}finally{continue}}}");

    [Theory, MemberData(nameof(Crafted))]
    public void A_crafted_answer_is_never_accepted(string answer)
    {
        foreach (string problem in new[] { $"deduce\n{Twice}\nin: 4", $"abduce\n{Twice}\nin: 4", $"induce\n{Twice}\nin: 4\nin: 5" })
        {
            Verdict verdict = Environment.Verify(ScriptedPlay.Problem(Environment, problem), [new(Source.Prompt, ""), new(Source.Model, answer)]);
            Assert.NotEqual(Outcome.Correct, verdict.Outcome);
        }
    }

    [Theory]
    [InlineData(""), InlineData("deduce"), InlineData("deduce\n\nin: 1"), InlineData($"guess\n{Twice}\nin: 1"), InlineData($"deduce\n{Twice}"), InlineData($"deduce\n{Twice}\nin: 1\nin: 2"), InlineData($"induce\n{Twice}\nin: 1")]
    [InlineData($"induce\n{Twice}\nin: 1\nin: 1"), InlineData($"deduce\n{Twice}\nin: x"), InlineData("deduce\nfunction f(x){return x}\nin: 1"), InlineData("deduce\nfunction f(x){return 1/}\nin: 1"), InlineData("deduce\nfunction f(x){while(x);}\nin: 1")]
    [InlineData("deduce\nfunction f(x){return Math.random()}\nin: 1"), InlineData("deduce\nfunction f(x){return [1].map(y=>f)}\nin: 1")]
    public void A_text_that_is_no_task_is_malformed_with_a_reason(string text)
    {
        Assert.Null(Environment.Parse(text).Problem);
        Assert.NotEmpty(Environment.Parse(text).Reason);
    }

    [Theory, InlineData("x[0]/2", "[1e308]"), InlineData("x.a/2", "{\"a\":-1e308}"), InlineData("x.price/2", "{\"price\":-1e308}")]
    public void Numbers_as_large_as_there_are_can_be_proposed(string body, string input) => ScriptedPlay.Problem(Environment, $"deduce\nfunction f(x){{return {body}}}\nin: {input}");

    [Fact]
    public void Hidden_examples_are_not_shown()
    {
        string prompt = Environment.SolverPrompt(ScriptedPlay.Problem(Environment, $"induce\n{Twice}\nin: 11\nin: 22\nin: 33\nin: 44"), KeyedRandom.For(1, "prompt"));
        Assert.Equal("in: 11\nout: 22\nin: 22\nout: 44\nf: ", prompt);
    }

    [Fact]
    public void All_triples_of_a_program_are_reserved_or_none_is()
    {
        Dictionary<string, bool> reserved = [];
        foreach ((CodeEnvironment environment, int index) in new[] { Environment, Few }.SelectMany(environment => Enumerable.Range(0, 750).Select(index => (environment, index))))
        {
            Problem problem = environment.Generate(1 + (index % 12), KeyedRandom.For(1, "triples", index));
            bool holds = reserved[environment.SplitKey(problem)] = Reservation.Holds(environment, problem);
            string[] parts = problem.Text.TrimEnd('=').Split(environment == Few ? "," : "\nin: ");
            string program = environment == Few ? parts[0][1..] : parts[0][(parts[0].IndexOf('\n') + 1)..];
            foreach (string input in parts[1..])
            {
                foreach (string triple in environment == Few ? new[] { $"d{program},{input}=", $"a{program},{input}=" } : [$"deduce\n{program}\nin: {input}", $"abduce\n{program}\nin: {input}"])
                    Assert.Equal(holds, Reservation.Holds(environment, ScriptedPlay.Problem(environment, triple)));
            }
        }

        Assert.InRange(reserved.Count, 500, 1500);
        Assert.InRange(reserved.Values.Count(holds => holds) / (double)reserved.Count, 0.08, 0.17);
    }

    [Fact]
    public void Every_difficulty_has_problems_for_tests_and_for_play()
    {
        CodeEnvironment scenario = new(new() { Language = CodeLanguage.Restricted, Trace = true, Operators = "+-<", LargestNumber = 5, MaximumDifficulty = 8, Abduction = false, Induction = false });
        // Of one operation the scenario has ten programs, and tests none of them.
        foreach ((CodeEnvironment environment, int from, int to) in new[] { (Environment, 1, 20), (Few, 1, 12), (scenario, 2, 8) })
        {
            foreach (int difficulty in Enumerable.Range(from, to - from + 1))
            {
                IEnumerable<bool> reserved = Enumerable.Range(0, 300).Select(index => Reservation.Holds(environment, environment.Generate(difficulty, KeyedRandom.For(1, "each", difficulty, index))));
                Assert.True(reserved.Distinct().Take(2).Count() == 2, $"all or none of difficulty {difficulty} is reserved");
            }
        }
    }

    [Theory]
    [InlineData("induce\nfunction f(x){return x>5}\nin: 1\nin: 2", "ignores its input"), InlineData("induce\nfunction f(x){return x>5}\nin: 1\nin: 9\nin: 2\nin: 3", "ignores its input"), InlineData("induce\nfunction f(x){return x%100}\nin: 1\nin: 2", "does nothing")]
    public void Examples_that_a_trivial_program_agrees_with_are_no_problem(string text, string said) => Assert.Contains(said, Environment.Parse(text).Reason);

    [Theory, InlineData("ix<5,1,2="), InlineData("ix<5,1,9,2="), InlineData("ix<5,1,9,2,3="), InlineData("ix%9,1,2=")]
    public void Nor_are_they_in_the_restricted_language(string text) => Assert.NotEmpty(Few.Parse(text).Reason);

    [Theory]
    [InlineData("ix<5,9,1=", "1<2"), InlineData("ix<5,1,2,3,9=", "1<2"), InlineData("ix<5,1,2,3,9=", "x<4?1<2:1<2"), InlineData("ix<5?x:9,1,2,7,3=", "x")]
    public void An_answer_that_ignores_its_input_is_wrong(string problem, string answer) => Assert.Equal(Outcome.Wrong, Few.Verify(ScriptedPlay.Problem(Few, problem), [new(Source.Prompt, ""), new(Source.Model, answer)]).Outcome);

    [Fact]
    public void No_program_that_ignores_its_input_solves_what_is_generated()
    {
        int judged = 0;
        foreach (CodeEnvironment environment in new[] { Environment, Few })
        {
            for (int index = 0; index < 600; index++)
            {
                Problem problem = environment.Generate(1 + (index % 12), KeyedRandom.For(1, "ignoring", index));
                if (problem.Kind != "induction") continue;
                string prompt = environment.SolverPrompt(problem, KeyedRandom.For(1, "prompt"));
                string[] constants = environment == Few ? [.. prompt.TrimEnd(',').Split(',').Select(example => example.Split('=')[1]), "1<2", "2<1"] : [.. prompt.Split('\n').Where(line => line.StartsWith("out: ", StringComparison.Ordinal)).Select(line => line[5..])];
                foreach (string constant in constants.Append("x"))
                {
                    judged++;
                    string answer = environment == Few ? constant : $"function f(x){{return {constant}}}";
                    Assert.NotEqual(Outcome.Correct, environment.Verify(problem, [new(Source.Prompt, ""), new(Source.Model, answer)]).Outcome);
                }
            }
        }

        Assert.InRange(judged, 1000, 4000);
    }

    [Fact]
    public void Parse_is_total() => Gen.String.Sample(text => Assert.Equal(Environment.Parse($"deduce\n{text}\nin: 1").Problem is null, Environment.Parse($"deduce\n{text}\nin: 1").Reason.Length > 0), iter: 300);

    [Fact]
    public void The_restricted_language_is_the_same_task_in_few_characters() => Gen.Select(Gen.Int[1, 12], Gen.ULong).Sample((difficulty, key) =>
    {
        Problem problem = Few.Generate(difficulty, KeyedRandom.FromKey(key));
        Assert.Equal(problem, Few.Parse(problem.Text).Problem);
        Assert.Equal(difficulty, problem.Difficulty);
        IReadOnlyList<Segment> shown = Few.DemonstrateSolution(difficulty, KeyedRandom.FromKey(key)), posed = Few.DemonstrateProposal(difficulty, KeyedRandom.FromKey(key));
        Assert.All(shown.Concat(posed), segment => Assert.All(segment.Text, character => Assert.Contains(character, Few.Alphabet)));
        Problem proposed = ScriptedPlay.Problem(Few, posed[1].Text);
        Assert.False(Reservation.Holds(Few, proposed));
        if (!Reservation.Holds(Few, problem)) Assert.True(Few.Verify(problem, shown).Sound, ScriptedPlay.Render(shown));
    }, iter: 300);

    [Theory]
    [InlineData("d(x+3)*2,4=", "14", Outcome.Correct), InlineData("d(x+3)*2,4=", "15", Outcome.Wrong), InlineData("ax%7,9=", "16", Outcome.Correct), InlineData("ax%7,9=", "17", Outcome.Wrong), InlineData("ix*2,1,2,3,4=", "x+x", Outcome.Correct), InlineData("ix*2,1,2,3,4=", "x<3?x*2:0", Outcome.Wrong)]
    [InlineData("ix*2,1,2,3,4=", "function f(x){return x*2}", Outcome.Malformed), InlineData("ix*2,1,2,3,4=", "x*2}//", Outcome.Malformed), InlineData("ix*2,1,2,3,4=", "", Outcome.Malformed), InlineData("ix*2,1,2,3,4=", "x**2", Outcome.Wrong), InlineData("d(x+3)*2,4=", "１４", Outcome.Wrong)]
    public void Answers_in_the_restricted_language_are_judged_by_running_them(string problem, string answer, Outcome outcome) =>
        Assert.Equal(outcome, Few.Verify(ScriptedPlay.Problem(Few, problem), [new(Source.Prompt, ""), new(Source.Model, answer)]).Outcome);

    [Theory, InlineData(""), InlineData("d="), InlineData("dx,1="), InlineData("dx+1="), InlineData("dx+1,1,2="), InlineData("ix+1,1="), InlineData("dx+1,01="), InlineData("dx+1,-0="), InlineData("dx/1,1="), InlineData("dy+1,1="), InlineData("dx+,1="), InlineData("dx(1),1="), InlineData("zx+1,1="), InlineData("dx+1,１=")]
    public void A_text_that_is_none_of_the_restricted_language_is_malformed(string text) => Assert.NotEmpty(Few.Parse(text).Reason);

    public static TheoryData<string, string> Alike => new()
    {
        { "function f(x){return x*2}", "function  f ( x ) {\n  // twice\n  return (x * 2);;\n}" }, { "function f(x){return x+'a'}", "function f(y){return y+\"\\x61\"}" }, { "function f(x){return x*10}", "function f(x){return ((x))*1e1}" },
        { "const f=(a,b=1)=>{const c=a+b;return {c,d:c}}", "const f=(p,q=1)=>{const c=p+q;return {c,d:c}}" }, { "function f(x){l:for(;;){x+=1;break l}return x}", "function f(y){l:for(;;){y+=1;break l}return y}" },
    };

    [Theory, MemberData(nameof(Alike))]
    public void What_is_written_another_way_is_the_same_problem(string one, string other)
    {
        string form = ScriptedPlay.Problem(Environment, $"deduce\n{one}\nin: 4").CanonicalForm;
        Assert.Equal(form, ScriptedPlay.Problem(Environment, $"deduce\n{other}\nin: 4.0").CanonicalForm);
        Assert.Equal(form, ScriptedPlay.Problem(Environment, $"abduce\n{other}\nin: 4e0").CanonicalForm);
        Assert.NotEqual(form, ScriptedPlay.Problem(Environment, $"deduce\n{one}\nin: 5").CanonicalForm);
    }

    [Theory]
    [InlineData("function f(x){return x*2}", "function f(x){return x*3}"), InlineData("function f(x){return (x+3)*2}", "function f(x){return x+3*2}"), InlineData("const f=(a,b=2)=>({a:a+b})", "const f=(a,b=2)=>({b:a+b})"), InlineData("const f=(a,b=2)=>{b+=a;return {a,b}}", "const f=(b,a=2)=>{a+=b;return {a,b}}"), InlineData("const f=x=>({a:x+1,x:x+2}).a", "const f=x=>({a:x+1,x:x+2}).x")]
    [InlineData("function f(x){return [x,,1].length+x}", "function f(x){return [x,1].length+x}"), InlineData("function f(x){return -x-1}", "function f(x){return +x-1}"), InlineData("function f(x){return x+'(1)'}", "function f(x){return x+'1'}"), InlineData("function f(x){return `${x}a`+1}", "function f(x){return `a${x}`+1}")]
    public void What_does_something_else_is_another_problem(string one, string other) =>
        Assert.NotEqual(ScriptedPlay.Problem(Environment, $"deduce\n{one}\nin: 4").CanonicalForm, ScriptedPlay.Problem(Environment, $"deduce\n{other}\nin: 4").CanonicalForm);

    [Theory, InlineData("d(x+3)*2,9=", "a((x+3)*2),9="), InlineData("ix*2,1,2,3=", "i(x*2),3,1,2=")]
    public void Needless_parentheses_the_kind_of_task_and_the_order_of_inputs_make_no_other_problem(string one, string other) => Assert.Equal(ScriptedPlay.Problem(Few, one).CanonicalForm, ScriptedPlay.Problem(Few, other).CanonicalForm);

    [Theory]
    [InlineData("deduce\nfunction f(x){return x*2}// out: 8\nin: 4"), InlineData("deduce\nfunction f(x){/* out: 8\n out: 8 */return x*2/* out: 8 */}\nin: 4")]
    public void A_comment_is_not_passed_on(string text)
    {
        Problem problem = ScriptedPlay.Problem(Environment, text);
        Assert.DoesNotContain("out: 8", Environment.SolverPrompt(problem, KeyedRandom.For(1, "prompt")));
        Assert.Equal(problem, Environment.Parse(problem.Text).Problem);
        Assert.True(Environment.Verify(problem, [new(Source.Prompt, ""), new(Source.Model, "8")]).Sound);
    }

    [Theory]
    [InlineData("deduce\n'out: 8';function f(x){return x*2}\nin: 4", "mere value"), InlineData("deduce\nfunction f(x){'out: 8';return x*2}\nin: 4", "mere value"), InlineData("deduce\nfunction f(x){`out`;return x*2}\nin: 4", "mere value"), InlineData("induce\nfunction f(x){return x*2}\nin: 1\nin: 1.0", "twice"), InlineData("induce\nfunction f(x){return x.length*2}\nin: \"a\"\nin: \"\\u0061\"", "twice")]
    [InlineData("deduce\nfunction f(x){return 1*7}\nin: 4", "same whatever"), InlineData("deduce\nfunction f(x){if(0){return 1}return x}\nin: 4", "gives back"), InlineData("deduce\nfunction f(x){return x.length*0}\nin: \"ab\"", "same whatever"), InlineData("deduce\nfunction f(x){return x.map(y=>y)}\nin: [1]", "gives back"), InlineData("deduce\nfunction f(x){return x*0}\nin: -4", "same whatever")]
    [InlineData("deduce\nfunction f(x){return 1+1}\nin: null", "same whatever"), InlineData("deduce\nfunction f(x){return x.k.n.length*0+1}\nin: {\"k\":{\"n\":\"ab\"}}", "same whatever"), InlineData("deduce\nfunction f(x){if(x!=='ab')throw 1+1;return 2}\nin: \"ab\"", "no other input"), InlineData("deduce\nfunction f(x){if(0){return 1}return x}\nin: {\"k\":\"a<b\\ud800\"}", "gives back"), InlineData("deduce\nfunction f(x){x.k.n.length+1;return x}\nin: {\"k\":{\"n\":\"a<'é\"}}", "gives back")]
    [InlineData("deduce\nfunction f(x){return x+'\u00e9'}\nin: 4", "alphabet"), InlineData("deduce\nfunction f(x){return x*2}\nin: 1e999", "no JSON")]
    public void A_task_that_tells_its_answer_or_asks_nothing_is_malformed(string text, string said) => Assert.Contains(said, Environment.Parse(text).Reason);

    [Theory, InlineData("x.k.n.length+1", """{"k":{"n":"ab"}}"""), InlineData("x.length>1?x[0].id:0", """[{"id":7},{"id":8}]"""), InlineData("x===null?1:2", "null"), InlineData("x.on?'yes':'no'", """{"on":true}""")]
    public void A_program_that_needs_the_make_of_its_input_is_a_problem(string body, string input) => ScriptedPlay.Problem(Environment, $"deduce\nfunction f(x){{return {body}}}\nin: {input}");

    [Theory, InlineData("ax**-1,2="), InlineData("dx%0<1?x:-1,1000="), InlineData("ax/0,1="), InlineData("d9**999*x,2="), InlineData("i2**x,1,2,-3,4="), InlineData("d(x<3)+x,4=")]
    public void No_prompt_of_the_restricted_language_leaves_its_alphabet(string text)
    {
        if (Few.Parse(text).Problem is { } problem) Assert.All(Few.SolverPrompt(problem, KeyedRandom.For(1, "prompt")), character => Assert.Contains(character, Few.Alphabet));
        else Assert.NotEmpty(Few.Parse(text).Reason);
    }

    [Fact]
    public void No_chain_of_signs_is_difficult() => Assert.Equal(1, ScriptedPlay.Problem(Environment, "deduce\nfunction f(x){return +-+-+-x}\nin: 4").Difficulty);

    // As where a run goes on upon a slower machine.
    [Theory, InlineData("deduce"), InlineData("abduce"), InlineData("induce")]
    public void A_problem_whose_program_does_not_run_ends_no_run(string kind)
    {
        Problem problem = new() { Text = $"{kind}\nfunction f(x){{while(x);return x*2}}\nin: 1{(kind == "induce" ? "\nin: 2" : "")}", Difficulty = 1, CanonicalForm = "" };
        Assert.NotEmpty(Environment.SolverPrompt(problem, KeyedRandom.For(1, "prompt")));
        Assert.Equal(Outcome.Malformed, Environment.Verify(problem, [new(Source.Prompt, ""), new(Source.Model, "?")]).Outcome);
    }

    [Fact]
    public void What_is_posed_and_nearly_too_slow_goes_on_being_judged()
    {
        for (int length = 12; length < 28; length++)
        {
            if (Environment.Parse($"deduce\nfunction f(x){{return /^(a+)+$/.test(x)+x.length}}\nin: \"{new string('a', length)}b\"").Problem is not { } problem) continue;
            Assert.EndsWith("out: ", Environment.SolverPrompt(problem, KeyedRandom.For(1, "prompt")));
            Assert.True(Environment.Verify(problem, [new(Source.Prompt, ""), new(Source.Model, $"{length + 1}")]).Sound);
        }
    }

    [Fact]
    public void All_inputs_of_a_proposal_share_one_budget()
    {
        Proposal slow = Environment.Parse($"induce\nfunction f(x){{const a=Array(8000).fill(0);for(let i=0;i<5000;i++)a.indexOf(-1)+a.indexOf(-2);return x+1}}{string.Concat(Enumerable.Range(1, 10).Select(number => $"\nin: {number}"))}");
        Assert.Matches("together|too long", slow.Reason);
    }

    [Fact]
    public void The_kind_of_a_stored_problem_is_known_without_running_it()
    {
        foreach ((string kind, string named) in new[] { ("deduce", "deduction"), ("abduce", "abduction") })
        {
            Problem stored = new() { Text = $"{kind}\nfunction f(x){{while(x);}}\nin: 1", Difficulty = 3, CanonicalForm = "stored" };
            Assert.Null(Environment.Parse(stored.Text).Problem);
            Assert.Equal(stored with { Kind = named }, Environment.Recall(stored));
        }

        Assert.Null(Environment.Recall(new() { Text = "guess 4", Difficulty = 1, CanonicalForm = "" }));
    }

    [Fact]
    public void Every_seed_is_a_problem_of_its_difficulty_whatever_is_asked_of_it()
    {
        HashSet<string> programs = [];
        foreach (int difficulty in Enumerable.Range(1, 30))
        {
            for (int index = 0; index < 60; index++)
            {
                Problem problem = Environment.Generate(difficulty, KeyedRandom.For(3, "seeds", difficulty, index));
                string program = problem.Text.Split('\n')[1];
                if (System.Text.RegularExpressions.Regex.IsMatch(program, @"^function f\(x\)\{return [()x0-9+*%-]+\}$") || !programs.Add(program)) continue;
                foreach (string kind in new[] { "deduce", "abduce" }) ScriptedPlay.Problem(Environment, $"{kind}\n{program}\n{problem.Text.Split('\n')[2]}");
                Assert.Equal(difficulty, problem.Difficulty);
                Assert.Equal(problem, Environment.Parse(problem.Text).Problem);
            }
        }

        Assert.InRange(programs.Count, 38, 42);
    }

    [Fact]
    public void A_proposer_whose_archive_is_empty_is_shown_seeds()
    {
        string prompt = new CodeEnvironment(new() { EarlierShown = 4 }).ProposerPrompt(new([0.5]), [], KeyedRandom.For(1, "prompt"));
        Assert.InRange(prompt.Split("function f").Length, 3, 5);
    }

    [Theory, InlineData("deduce", "what the function returns"), InlineData("abduce", "Write an input"), InlineData("induce", "Write the function")]
    public void What_is_asked_for_is_said_in_words_where_the_scenario_wants_it(string kind, string said)
    {
        CodeEnvironment explained = new(new() { Explained = true });
        Problem problem = ScriptedPlay.Problem(explained, $"{kind}\n{Twice}\nin: 4{(kind == "induce" ? "\nin: 5" : "")}");
        string bare = Environment.SolverPrompt(problem, KeyedRandom.For(1, "prompt")), prompt = explained.SolverPrompt(problem, KeyedRandom.For(1, "prompt"));
        Assert.Contains(said, prompt);
        Assert.EndsWith($"\n\n{bare}", prompt);
        Assert.StartsWith("Write one task", explained.ProposerPrompt(new([0.5]), KeyedRandom.For(1, "prompt")));
        Assert.All(prompt + explained.ProposerPrompt(new([0.5]), KeyedRandom.For(1, "prompt")), character => Assert.Contains(character, explained.Alphabet));
    }

    [Fact]
    public void A_proposer_is_shown_earlier_problems()
    {
        CodeEnvironment shown = new(new() { EarlierShown = 2 });
        Problem[] earlier = [.. Enumerable.Range(1, 3).Select(number => ScriptedPlay.Problem(shown, $"deduce\nfunction f(x){{return x*{number + 1}}}\nin: 4"))];
        string prompt = shown.ProposerPrompt(new([0.5]), earlier, KeyedRandom.For(1, "prompt"));
        Assert.Contains(earlier[0].Text, prompt);
        Assert.Contains(earlier[1].Text, prompt);
        Assert.DoesNotContain(earlier[2].Text, prompt);
        Assert.Equal(Environment.ProposerPrompt(new([0.5]), KeyedRandom.For(1, "prompt")), Environment.ProposerPrompt(new([0.5]), earlier, KeyedRandom.For(1, "prompt")));
    }

    [Fact]
    public void Variety_grows_with_programs_of_another_make()
    {
        CodeVariety same = CodeVariety.Of(["function f(x){return x+1}", "function f(x){return x+2}", "not JavaScript ("]);
        CodeVariety mixed = CodeVariety.Of(["function f(x){return x+1}", "function f(x){if(x>2&&x<9){return [x]}return x.map(y=>y*2)}"]);
        Assert.Equal((2, 0, 1), (same.Programs, same.Distance, same.Cyclomatic));
        Assert.InRange(mixed.Distance, 0.5, 1);
        Assert.Equal(2, mixed.Cyclomatic); // 1 and 3
        Assert.True(mixed.Kinds > same.Kinds && mixed.Depth > same.Depth);
        Assert.Equal(0, CodeVariety.Of([]).Programs);
        Assert.InRange(CodeVariety.Between("x+1", "x*1"), 0.1, 0.9);
    }

    [Fact]
    public void A_scenario_that_leaves_no_kind_of_task_is_refused() =>
        Assert.Contains("at least one", Assert.Throws<SocietyException>(() => new CodeEnvironment(new() { Deduction = false, Abduction = false, Induction = false })).Message);
}
