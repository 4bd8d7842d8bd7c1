using AgentSociety.Core.Environments;
using AgentSociety.Core.Randomness;

namespace AgentSociety.Core.Tests;

public sealed class ProblemDrawTests
{
    private static readonly string[] Texts = [.. Enumerable.Range(0, 200).Select(number => $"{number}=")];
    private static readonly string Reserved = Texts.First(text => Reservation.Holds("few", text)), Free = Texts.First(text => !Reservation.Holds("few", text));

    [Fact]
    public void What_is_reserved_is_passed_over()
    {
        int drawn = 0;
        Assert.Equal(Free, ProblemDraw.Unreserved("few", 1, KeyedRandom.For(1, "draw"), (_, _) => Problem(drawn++ < 5 ? Reserved : Free, 1)).Text);
        Assert.Equal(6, drawn);
    }

    [Fact]
    public void A_difficulty_without_problems_to_play_gives_way_to_the_next_lower_one() =>
        Assert.Equal(2, ProblemDraw.Unreserved("few", 4, KeyedRandom.For(1, "draw"), (difficulty, _) => Problem(difficulty > 2 ? Reserved : Free, difficulty)).Difficulty);

    [Fact]
    public void Where_everything_is_reserved_environment_and_difficulty_are_named()
    {
        string said = Assert.Throws<SocietyException>(() => ProblemDraw.Unreserved("few", 3, KeyedRandom.For(1, "draw"), (difficulty, _) => Problem(Reserved, difficulty))).Message;
        Assert.Contains("environment 'few'", said);
        Assert.Contains("difficulty 3", said);
    }

    [Fact]
    public void Where_no_problem_comes_environment_and_difficulty_are_named()
    {
        string said = Assert.Throws<SocietyException>(() => ProblemDraw.First("none", 7, () => null)).Message;
        Assert.Contains("environment 'none'", said);
        Assert.Contains("difficulty 7", said);
    }

    private static Problem Problem(string text, int difficulty) => new() { Text = text, Difficulty = difficulty, CanonicalForm = text };
}
