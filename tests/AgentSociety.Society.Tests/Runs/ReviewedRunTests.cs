using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Records;
using AgentSociety.Culture;

namespace AgentSociety.Society.Tests;

[Collection("Torch")]
public sealed class ReviewedRunTests : IDisposable
{
    /// <summary>A model that has learned to review from demonstrations, so that its marks can be read.</summary>
    private static readonly string[] Reviewing = ["pretrain.steps=250", "pretrain.batch=32", "pretrain.learningRate=0.005", "pretrain.reviewShare=0.6", "learning.retrospectiveCredit=0.5", "learning.stepCredit=0"];

    private readonly TinySociety _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public async Task Agents_review_their_own_attempts_and_their_marks_are_held_against_the_verifier()
    {
        RunDirectory directory = _tiny.Create("run");
        Assert.Equal(RunEnd.Done, await TinySociety.Run(_tiny.Scenario(Reviewing), directory));
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(directory.Database);
        RunRecords records = new(database);
        EpisodeRecord[] episodes = [.. database.Episodes(new EpisodeFilter())], reviews = [.. episodes.Where(episode => episode.Role == Role.Critic)];
        Dictionary<string, EpisodeRecord> attempts = episodes.Where(episode => episode.Role == Role.Solver).ToDictionary(episode => episode.Id);
        IEnvironment environment = RunPlan.Of(_tiny.Scenario(Reviewing)).Environment;
        Dictionary<string, string> problems = Enumerable.Range(1, 3).SelectMany(records.Problems).ToDictionary(problem => problem.Id, problem => problem.Text);
        Assert.NotEmpty(reviews);
        int readable = 0;
        Dictionary<int, List<(bool Mark, bool Valid)>> marks = [];
        foreach (EpisodeRecord review in reviews)
        {
            EpisodeRecord attempt = attempts[review.Id.Replace("/review/", "/solve/")];
            Assert.Equal((attempt.Agent, attempt.Problem), (review.Agent, review.Problem));
            Assert.Equal(string.Concat(attempt.Segments.Select(segment => segment.Text)) + "@", review.Segments[0].Text);
            Problem problem = environment.Parse(problems[attempt.Problem!]).Problem!;
            bool[] valid = [.. environment.Verify(problem, attempt.Segments).Steps.Select(step => step.Valid)];
            string written = string.Concat(review.Segments.Skip(1).Select(segment => segment.Text));
            Assert.InRange(written.Length, 0, Math.Max((2 * attempt.LossMask.Count(own => own)) + valid.Length, ((IReviewed)environment).ReviewLength(problem, attempt.Segments)) + 1);
            string said = string.Concat(written.Where(character => character is '=' or '-'));
            bool read = said.Length == valid.Length && (written[^1] is '=' or '-');
            Assert.Equal(read, review.Outcome != Outcome.Malformed);
            Assert.Equal(read ? said.Zip(valid, (mark, isValid) => mark == '=' == isValid).Count(agrees => agrees) / (double)valid.Length : 0, review.Reward, 9);
            if (!read) continue;
            readable++;
            if (!marks.TryGetValue(review.Round, out List<(bool, bool)>? round)) marks[review.Round] = round = [];
            round.AddRange(said.Zip(valid, (mark, isValid) => (mark == '=', isValid)));
        }

        Assert.True(readable > 2, $"{readable} of {reviews.Length} can be read");
        foreach ((int round, List<(bool Mark, bool Valid)> compared) in marks)
        {
            double Metric(string name) => records.Metric(name).Single(point => point.Round == round).Value;
            Assert.Equal(compared.Average(mark => mark.Mark ? 1.0 : 0), Metric("reviews/praised"), 9);
            Assert.Equal(compared.Average(mark => mark.Valid ? 1.0 : 0), Metric("reviews/valid"), 9);
            int valid = compared.Count(mark => mark.Valid), wrong = compared.Count - valid;
            double rarer = Math.Min(valid, wrong), youden = compared.Count(mark => mark is { Mark: true, Valid: true }) / (double)valid + compared.Count(mark => mark is { Mark: false, Valid: false }) / (double)wrong - 1;
            double trust = rarer == 0 ? 0 : Math.Max(0, youden) * rarer / (rarer + 5);
            Assert.Equal(trust, Metric("reviews/trust"), 9);
            // Credit reaches the tokens of attempts only as far as the marks are trusted.
            EpisodeRecord[] credited = [.. attempts.Values.Where(attempt => attempt.Round == round && attempt.TokenAdvantages?.Any(value => value != 0) == true)];
            if (trust == 0) Assert.Empty(credited);
            Assert.All(credited, attempt => Assert.True(attempt.TokenAdvantages!.Max(Math.Abs) <= 0.5 * trust + 1e-6));
        }

        Assert.Contains("judge-gap", records.MetricNames());
        Assert.Equal(3 * 4 * 3, records.Counts().Attempts);
    }

    [Fact]
    public async Task A_run_with_reviews_goes_on_after_a_stop_as_if_there_had_been_none()
    {
        RunDirectory whole = _tiny.Create("whole"), broken = _tiny.Create("broken");
        await TinySociety.Run(_tiny.Scenario([.. Reviewing, "pretrain.steps=30"]), whole);
        await TinySociety.RunUntil(RunPhase.Edit, 2, _tiny.Scenario([.. Reviewing, "pretrain.steps=30"]), broken);
        await TinySociety.Resume(broken);
        Assert.Equal(TinySociety.Transcripts(whole), TinySociety.Transcripts(broken));
    }

    [Fact]
    public void An_environment_that_cannot_put_attempts_up_for_review_is_refused() => Assert.Contains(
        "learning.retrospectiveCredit: asks for reviews, and arithmetic cannot",
        Assert.Throws<SocietyException>(() => ScenarioFile.Parse("name: sums\nenvironment: {name: arithmetic}\nlearning: {retrospectiveCredit: 1}\n", "s.yaml")).Message);

    [Fact]
    public void A_demonstrated_review_says_of_each_step_what_the_verifier_says_and_tells_slips()
    {
        IReviewed reviewed = (IReviewed)RunPlan.Of(_tiny.Scenario()).Environment;
        int praised = 0, blamed = 0;
        for (int index = 0; index < 200; index++)
        {
            IReadOnlyList<Segment> review = reviewed.DemonstrateReview(1 + (index % 3), KeyedRandom.For(1, "reviews", index));
            Assert.EndsWith("@", review[0].Text);
            int steps = review[1].Text.Count(character => character is '=' or '-');
            IReadOnlyList<bool> marks = reviewed.ReadReview(review[1].Text, steps)!;
            praised += marks.Count(mark => mark);
            blamed += marks.Count(mark => !mark);
            Assert.Null(reviewed.ReadReview(review[1].Text, marks.Count + 1));
            Assert.Null(reviewed.ReadReview(review[1].Text[..^1] + "#", marks.Count));
        }

        Assert.True(praised > 100 && blamed > 50, $"{praised} praised, {blamed} blamed");
    }
}
