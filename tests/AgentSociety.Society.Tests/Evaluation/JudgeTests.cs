using AgentSociety.Core;
using AgentSociety.Core.Play;
using AgentSociety.Culture;

namespace AgentSociety.Society.Tests;

[Collection("Torch")]
public sealed class JudgeTests : IDisposable
{
    private static readonly string[] Judged = ["selfPlay.rounds=2", "judge={remote: {endpoint: 'http://127.0.0.1:9/v1', model: judge}, attemptsPerRound: 5, instructions: Chains of operators.}"];
    private readonly TinySociety _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void Agreement_false_accepts_and_kappa_are_those_of_the_table_by_hand()
    {
        // Judge and verifier: both yes 20, judge alone 5, verifier alone 10, both no 15; chance (25 x 30 + 25 x 20) / 2500 = 0.5, kappa (0.7 - 0.5) / 0.5 = 0.4.
        (bool?, bool)[] pairs = [.. Enumerable.Repeat<(bool?, bool)>((true, true), 20), .. Enumerable.Repeat<(bool?, bool)>((true, false), 5), .. Enumerable.Repeat<(bool?, bool)>((false, true), 10), .. Enumerable.Repeat<(bool?, bool)>((false, false), 15), .. Enumerable.Repeat<(bool?, bool)>((null, true), 50)];
        Dictionary<string, double> metrics = JudgeAgreement.Of(pairs).ToDictionary(metric => metric.Name, metric => metric.Value);
        Assert.Equal(0.5, metrics["judge/unread"], 12);
        Assert.Equal(0.5, metrics["judge/accepts"], 12);
        Assert.Equal(0.6, metrics["judge/verifier-accepts"], 12);
        Assert.Equal(0.7, metrics["judge/agreement"], 12);
        Assert.Equal(0.1, metrics["judge/false-accepts"], 12);
        Assert.Equal(0.4, metrics["judge/kappa"], 12);
        Assert.DoesNotContain(JudgeAgreement.Of([(true, true)]), metric => metric.Name == "judge/kappa");
        Assert.Equal("judge/unread", Assert.Single(JudgeAgreement.Of([(null, true)])).Name);
    }

    [Theory, InlineData("yes", true), InlineData(" Yes, it is.", true), InlineData("**No**", false), InlineData("The answer is no.", false), InlineData("I know nothing", null), InlineData("", null), InlineData("nothing\nyes no", true)]
    public void Yes_and_no_are_read_as_words(string said, bool? read) => Assert.Equal(read, JudgeAgreement.Read(said));

    [Fact]
    public async Task A_judge_that_accepts_everything_agrees_as_often_as_the_verifier_accepts()
    {
        RunDirectory directory = _tiny.Create("run");
        Echo judge = new("yes");
        Assert.Equal(RunEnd.Done, await RunLauncher.Run(_tiny.Scenario(Judged), directory, new RunOptions { OpenRemote = _ => judge }, static _ => { }, default));
        Assert.Equal(10, judge.Asked.Count);
        Assert.All(judge.Asked, asked => Assert.StartsWith("Chains of operators.\n\nProblem:\n", asked.Prompt));
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(directory.Database);
        RunRecords records = new(database);
        Assert.All(records.Metric("judge/accepts"), point => Assert.Equal(1, point.Value));
        Assert.Equal(2, records.Metric("judge/agreement").Count);
        Assert.Equal(records.Metric("judge/verifier-accepts"), records.Metric("judge/agreement"));
        // Who is asked about follows from the seed, and what the judge says rewards nobody.
        RunDirectory silent = _tiny.Create("silent");
        await TinySociety.Run(_tiny.Scenario("selfPlay.rounds=2"), silent);
        Assert.Equal(TinySociety.Transcripts(silent), TinySociety.Transcripts(directory));
    }

    [Fact]
    public async Task A_judge_that_does_not_answer_is_counted_and_stops_nothing()
    {
        RunDirectory directory = _tiny.Create("run");
        Assert.Equal(RunEnd.Done, await RunLauncher.Run(_tiny.Scenario(Judged), directory, new RunOptions { OpenRemote = _ => new Echo(null) }, static _ => { }, default));
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(directory.Database);
        Assert.All(new RunRecords(database).Metric("judge/unread"), point => Assert.Equal(1, point.Value));
    }

    /// <summary>An endpoint that says one thing, or nothing.</summary>
    private sealed class Echo(string? said) : IRemotePolicy
    {
        public List<RemoteRequest> Asked { get; } = [];

        public string Model => "judge";

        public RemoteUsage Total => default;

        public Task<RemoteGeneration> GenerateAsync(RemoteRequest request, CancellationToken cancellation)
        {
            lock (Asked) Asked.Add(request);
            return said is null
                ? Task.FromException<RemoteGeneration>(new SocietyException("silence"))
                : Task.FromResult(new RemoteGeneration { Segments = [new(Source.Prompt, request.Prompt), new(Source.Model, said)], Finish = RemoteFinish.EndOfText, Usage = default });
        }
    }
}
