using System.Collections.Concurrent;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;

namespace AgentSociety.Environments.Tests.Laws;

public sealed class LawReviewTests
{
    private static readonly ConcurrentDictionary<string, IEnvironment> Known = new();

    /// <summary>All environments whose attempts can be reviewed.</summary>
    public static TheoryData<string> Reviewed => [.. EnvironmentCatalog.All.Select(entry => entry.Name).Where(name => name is not ("plugin" or "external" or "data-set") && Of(name) is IReviewed)];

    [Theory, MemberData(nameof(Reviewed))]
    public void A_demonstrated_review_says_beside_each_step_what_was_due_and_praises_what_is_the_same(string name)
    {
        int same = 0, other = 0;
        HashSet<string> forms = [];
        foreach ((string Text, bool Praised)[] review in Enumerable.Range(0, 500).Select(index => Pieces(name, index).ToArray()))
        {
            HashSet<string> praised = [];
            // Beside a note nothing was due, except where it is what the walk hands on.
            foreach ((string piece, bool valid) in review.Where(piece => piece.Text.IndexOf(';', StringComparison.Ordinal) != piece.Text.Length - 1))
            {
                // What was due, then the step: a question and how it was asked, or what was written.
                string bare = piece.TrimEnd('?', '!');
                bool repeated = bare.Length % 2 == 0 && bare[..(bare.Length / 2)] == bare[(bare.Length / 2)..];
                if (valid)
                {
                    Assert.True(repeated, $"'{piece}' is praised");
                    praised.Add(piece);
                    forms.Add(bare[0] == '#' ? "answer" : piece == bare ? "rest" : "question");
                    same++;
                    continue;
                }

                // Who asks again what was said is blamed, and writes what was due all the same.
                Assert.True(!repeated || (piece != bare && praised.Contains(piece)), $"'{piece}' is blamed");
                if (!repeated) other++;
            }
        }

        Assert.True(same > 500 && other > 300, $"{same} praised, {other} blamed");
        Assert.Equal(name is "cellular-rules" or "grid-rules" or "hidden-grammar" ? ["answer", "question", "rest"] : ["answer", "question"], forms.Order(StringComparer.Ordinal));
    }

    [Theory, MemberData(nameof(Reviewed))]
    public void The_length_of_a_review_is_that_of_one_that_says_what_was_due(string name)
    {
        IEnvironment environment = Of(name);
        for (int index = 0; index < 50; index++)
        {
            // An answer out of nothing, and what is no step at all: beside each stands what was due, and a mark.
            Problem problem = environment.Generate(1, KeyedRandom.For(2, "problems", index));
            IReadOnlyList<Segment> attempt = [new(Source.Prompt, environment.SolverPrompt(problem, KeyedRandom.For(2, "prompts", index))), new(Source.Model, "9")];
            int due = name is "grid-rules" ? 5 : name is "cellular-rules" ? 4 : name is "relay" ? 3 : 2;
            Assert.Equal(due + 2, ((IReviewed)environment).ReviewLength(problem, attempt));
        }
    }

    [Fact]
    public void Who_answers_before_handing_on_is_told_what_was_to_be_handed_on() =>
        Assert.Contains(Enumerable.Range(0, 500).SelectMany(index => Pieces("relay", index)), piece => !piece.Praised && System.Text.RegularExpressions.Regex.IsMatch(piece.Text, "^[A-Z]{2}[0-9]([0-9]);#\\1$"));

    [Fact]
    public void After_a_wrong_question_the_same_one_stays_due()
    {
        int astray = 0;
        foreach ((string Text, bool Praised)[] review in Enumerable.Range(0, 500).Select(index => Pieces("hidden-operators", index).ToArray()))
        {
            for (int step = 1; step < review.Length; step++)
            {
                if (review[step - 1].Praised || review[step - 1].Text.Contains(';') || review[step].Text.Contains(';') || review[step - 1].Text.Length != 5) continue;
                Assert.Equal(review[step - 1].Text[..2], review[step].Text[..2]);
                astray++;
            }
        }

        Assert.True(astray > 100, $"{astray} steps after a wrong one");
    }

    private static IEnvironment Of(string name) => EnvironmentCatalog.Find(name) is { } entry ? entry.Create(Activator.CreateInstance(entry.OptionsType)!, 1) : throw new ArgumentException(name);

    private static IEnumerable<(string Text, bool Praised)> Pieces(string name, int index)
    {
        string text = ((IReviewed)Known.GetOrAdd(name, Of)).DemonstrateReview(1 + (index % 4), KeyedRandom.For(1, "reviews", index))[1].Text;
        for (int start = 0; start < text.Length;)
        {
            int mark = text.IndexOfAny(['=', '-'], start);
            yield return (text[start..mark], text[mark] == '=');
            start = mark + 1;
        }
    }
}
