using System.Collections.Concurrent;
using AgentSociety.Core;
using AgentSociety.Core.Records;
using AgentSociety.Culture;
using Microsoft.Data.Sqlite;

namespace AgentSociety.Society.Tests;

/// <summary>A run goes on with the held-out test that it began with, or not at all.</summary>
[Collection("Torch")]
public sealed class HeldOutIdentityTests : IDisposable
{
    private readonly TinySociety _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public async Task A_run_whose_environment_draws_another_held_out_test_is_not_resumed()
    {
        RunDirectory directory = _tiny.Create("run");
        LoadedScenario scenario = Sums(from: 0);
        await TinySociety.RunUntil(RunPhase.Edit, 2, scenario, directory);
        // The same scenario to the letter, and other questions in the file that it names.
        Sums(from: 1);
        SocietyException refused = await Assert.ThrowsAsync<SocietyException>(() => TinySociety.Resume(directory));
        Assert.True(refused.BadInput);
        Assert.StartsWith($"{directory.Path}: the held-out test would ask other problems", refused.Message);
        Assert.Contains("run its scenario as a new run", refused.Message);
        Assert.Equal(1, LastRound(directory));
        Sums(from: 0);
        Assert.Empty(await Resumed(directory));
        Assert.Equal(3, LastRound(directory));
    }

    [Fact]
    public async Task A_run_that_does_not_say_which_test_it_takes_goes_on_with_a_word_of_warning_and_says_it_from_then_on()
    {
        RunDirectory directory = _tiny.Create("run");
        await TinySociety.RunUntil(RunPhase.Edit, 2, _tiny.Scenario(), directory);
        string taken = State(directory).HeldOut!;
        using (SqliteConnection connection = new($"Data Source={directory.Database};Pooling=false"))
        {
            connection.Open();
            using SqliteCommand forget = connection.CreateCommand();
            forget.CommandText = "UPDATE round SET state = json_remove(state, '$.HeldOut')";
            Assert.True(forget.ExecuteNonQuery() > 0);
        }

        Assert.Equal(["the run does not say which held-out test it takes: whether this program asks the same one cannot be told"], await Resumed(directory));
        Assert.Equal(taken, State(directory).HeldOut);
    }

    [Fact]
    public void Tests_with_other_problems_have_other_fingerprints_and_the_same_problems_the_same()
    {
        string print = Print();
        Assert.Matches("^[0-9a-f]{64}$", print);
        Assert.Equal(print, Print());
        Assert.Equal(print, Print("selfPlay.rounds=9"));
        string[] others = [Print("seed=12"), Print("evaluation.difficulties=[1, 2]"), Print("evaluation.difficulties=[2, 1, 3]"), Print("evaluation.finalProblemsPerDifficulty=5"), Print("environment.options.operators=4")];
        Assert.Equal(6, others.Append(print).Distinct().Count());

        string Print(params string[] overrides) => HeldOutTest.Fingerprint(RunPlan.Of(_tiny.Scenario(overrides)));
    }

    private LoadedScenario Sums(int from)
    {
        File.WriteAllLines(_tiny.PathOf("questions.jsonl"), Enumerable.Range(from, 200).Select(number => $$"""{"question":"How many are {{number}} and 1?","answer":"#### {{number + 1}}"}"""));
        return _tiny.Scenario("environment={name: data-set, options: {path: questions.jsonl, levels: 1}}", "pretrain.maximumDifficulty=1", "evaluation.difficulties=[1]", "evaluation.finalProblemsPerDifficulty=80", "culture.sharing=off");
    }

    /// <summary>Plays a run to its end.</summary>
    /// <returns>What was said on the way about the test.</returns>
    private static async Task<IReadOnlyList<string>> Resumed(RunDirectory directory)
    {
        ConcurrentQueue<string> said = new();
        Assert.Equal(RunEnd.Done, await TinySociety.Resume(directory, progress => said.Enqueue(progress.Message ?? "")));
        return [.. said.Where(message => message.Contains("held-out", StringComparison.Ordinal))];
    }

    private static int LastRound(RunDirectory directory)
    {
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(directory.Database);
        return new RunRecords(database).LastRound()!.Round;
    }

    private static SocietyState State(RunDirectory directory)
    {
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(directory.Database);
        return SocietyState.Load(new RunRecords(database).LastRound()!.State);
    }
}
