using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Environments.Operators;

namespace AgentSociety.Environments.Tests.Laws;

public sealed class LawReviewTests
{
    private readonly IReviewed _operators = (IReviewed)EnvironmentCatalog.Find("hidden-operators")!.Create(new HiddenOperatorsOptions(), 1);

    [Fact]
    public void A_demonstrated_review_says_beside_each_step_what_was_due_and_praises_what_is_the_same()
    {
        int same = 0, other = 0;
        foreach ((string piece, bool praised) in Enumerable.Range(0, 500).SelectMany(Pieces).Where(piece => !piece.Text.Contains(';')))
        {
            // What was due, then the step: a question and how it was asked, or an answer.
            bool repeated = piece.Length is 4 or 5 && piece[..2] == piece[2..4] && (piece.Length == 4 ? piece[0] == '#' : piece[4] is '?' or '!');
            if (praised)
            {
                Assert.True(repeated, $"'{piece}' is praised");
                same++;
            }
            else if (!repeated) other++;
        }

        Assert.True(same > 1_000 && other > 300, $"{same} praised, {other} blamed");
    }

    [Fact]
    public void After_a_wrong_question_the_same_one_stays_due()
    {
        int astray = 0;
        foreach ((string Text, bool Praised)[] review in Enumerable.Range(0, 500).Select(index => Pieces(index).ToArray()))
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

    private IEnumerable<(string Text, bool Praised)> Pieces(int index)
    {
        IReadOnlyList<Segment> review = _operators.DemonstrateReview(1 + (index % 4), KeyedRandom.For(1, "reviews", index));
        string text = review[1].Text;
        for (int start = 0; start < text.Length;)
        {
            int mark = text.IndexOfAny(['=', '-'], start);
            yield return (text[start..mark], text[mark] == '=');
            start = mark + 1;
        }
    }
}
