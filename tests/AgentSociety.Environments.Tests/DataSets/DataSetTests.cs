using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Environments.DataSets;
using AgentSociety.Environments.Yours;

namespace AgentSociety.Environments.Tests.DataSets;

public sealed class DataSetTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData("#### 1250", Outcome.Correct), InlineData("500 + 750\n#### 1,250.0\n", Outcome.Correct), InlineData("#### 2500/2", Outcome.Correct), InlineData("#### 1251", Outcome.Wrong), InlineData("#### -1250", Outcome.Wrong)]
    [InlineData("1250", Outcome.Malformed), InlineData("", Outcome.Malformed), InlineData("####", Outcome.Malformed), InlineData("#### 1 #### 1250", Outcome.Malformed), InlineData("#### 1250 or 1251", Outcome.Malformed), InlineData("#### １２５０", Outcome.Malformed)]
    [InlineData("#### 12,50", Outcome.Malformed), InlineData("#### 1250/0", Outcome.Malformed), InlineData("#### 1.25e3", Outcome.Malformed), InlineData("#### 1250.", Outcome.Malformed), InlineData("#### --1250", Outcome.Malformed), InlineData("＃### 1250", Outcome.Malformed)]
    public void Answers_are_compared_as_exact_numbers(string answer, Outcome outcome)
    {
        DataSetEnvironment environment = Questions(20);
        Problem problem = ScriptedPlay.Problem(environment, "What is 1250 times 1?");
        Assert.Equal(outcome, environment.Verify(problem, [new(Source.Prompt, ""), new(Source.Model, answer)]).Outcome);
    }

    [Theory]
    [InlineData("17", "17%", Outcome.Wrong), InlineData("17", "$17", Outcome.Wrong), InlineData("17", "34/2%", Outcome.Malformed), InlineData("17", "$34/2", Outcome.Malformed), InlineData("17%", "17", Outcome.Correct), InlineData("17%", "17%", Outcome.Correct), InlineData("17%", "$17", Outcome.Wrong)]
    [InlineData("$17", "$17", Outcome.Correct), InlineData("$17", "17.00", Outcome.Correct), InlineData("$17", "17%", Outcome.Wrong), InlineData("$17", "$17%", Outcome.Malformed)]
    public void A_unit_is_right_only_where_the_file_has_it(string truth, string answer, Outcome outcome)
    {
        File.WriteAllText(_path, $$"""{"question":"How many?","answer":"#### {{truth}}"}""");
        DataSetEnvironment environment = new(new() { Path = _path, Levels = 1 });
        Assert.Equal(outcome, environment.Verify(ScriptedPlay.Problem(environment, "How many?"), [new(Source.Prompt, ""), new(Source.Model, $"#### {answer}")]).Outcome);
    }

    [Fact]
    public void A_file_of_questions_conforms_and_its_solutions_are_correct()
    {
        DataSetEnvironment environment = Questions(200);
        Assert.Empty(Conformance.Check(environment));
        for (int index = 0; index < 50; index++)
        {
            IReadOnlyList<Segment> shown = environment.DemonstrateSolution(1 + (index % 5), KeyedRandom.For(1, "demonstration", index));
            Problem problem = ScriptedPlay.Problem(environment, shown[0].Text.TrimEnd('\n'));
            Assert.True(environment.Verify(problem, shown).Sound);
            Assert.False(Reservation.Holds(environment.Name, problem.CanonicalForm));
        }
    }

    [Needs(folder: "shared/data/gsm8k")]
    public void Gsm8k_conforms_and_its_solutions_are_correct()
    {
        DataSetEnvironment environment = new(new() { Path = Path.Combine(NeedsAttribute.Beside("shared/data/gsm8k")!, "test.jsonl") });
        Assert.Empty(Conformance.Check(environment));
        for (int index = 0; index < 500; index++)
        {
            IReadOnlyList<Segment> shown = environment.DemonstrateSolution(1 + (index % environment.MaximumDifficulty), KeyedRandom.For(1, "gsm8k", index));
            Assert.True(environment.Verify(ScriptedPlay.Problem(environment, shown[0].Text[..^1]), shown).Sound, shown[1].Text);
        }
    }

    [Theory, InlineData("nonsense"), InlineData("{}"), InlineData("[]"), InlineData("{\"question\":\"q\",\"answer\":\"none\"}"), InlineData("{\"question\":1,\"answer\":\"#### 1\"}")]
    public void A_line_that_is_no_question_is_named_by_number(string line)
    {
        File.WriteAllText(_path, "{\"question\":\"q\",\"answer\":\"#### 1\"}\n" + line);
        Assert.Contains(":2:", Assert.Throws<SocietyException>(() => new DataSetEnvironment(new() { Path = _path, Levels = 1 })).Message);
    }

    [Fact]
    public void A_line_whose_answer_has_the_marker_twice_is_named_by_number()
    {
        File.WriteAllText(_path, "{\"question\":\"q\",\"answer\":\"#### 1\"}\n{\"question\":\"r\",\"answer\":\"#### 1\\n#### 2\"}");
        Assert.Matches(":2: '####' comes twice", Assert.Throws<SocietyException>(() => new DataSetEnvironment(new() { Path = _path, Levels = 1 })).Message);
    }

    [Fact]
    public void A_missing_file_is_named() => Assert.Contains("/nowhere", Assert.Throws<SocietyException>(() => new DataSetEnvironment(new() { Path = "/nowhere/x.jsonl" })).Message);

    [Fact]
    public void Contamination_is_a_shared_run_of_words_whatever_the_case_and_punctuation()
    {
        Contamination check = new(["The quick brown fox jumps over the lazy dog, then sleeps."], length: 5);
        Assert.True(check.Touches("see: QUICK brown fox -- jumps over me"));
        Assert.False(check.Touches("the quick brown dog jumps over the lazy fox"));
        Assert.False(check.Touches(""));
    }

    [Fact]
    public void A_held_out_question_shorter_than_a_run_is_found_word_for_word_in_a_longer_text()
    {
        Contamination check = new(["What is 6 times 7?", "", "Add 2 and 2, and then halve what you have got, and say it."]);
        Assert.True(check.Touches("What is 6 times 7?"));
        Assert.True(check.Touches("Ada asks: what is 6 times 7? Say it in words, and then say it once more in digits."));
        Assert.True(check.Touches("Now add 2 and 2, and then halve what you have got, and say it."));
        Assert.False(check.Touches("Ada asks: what is 7 times 6? Say it in words, and then say it once more in digits."));
        Assert.False(check.Touches("What is 6 times"));
        Assert.False(check.Touches("Then halve what you have got, and say it."));
        Assert.False(check.Touches(""));
    }

    private DataSetEnvironment Questions(int count)
    {
        File.WriteAllLines(_path, Enumerable.Range(1, count).Append(1250).Distinct().Select(number =>
            $$"""{"question":"What is {{number}} times 1?","answer":"It is {{number}}{{new string('.', number % 40)}}\n#### {{number:N0}}"}"""));
        return new(new() { Path = _path });
    }
}
