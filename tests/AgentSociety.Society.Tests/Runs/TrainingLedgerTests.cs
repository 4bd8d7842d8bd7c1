using AgentSociety.Core.Records;
using AgentSociety.Culture;

namespace AgentSociety.Society.Tests;

/// <summary>What a society learned from is stored with its rounds, from the attempt to the checkpoint and back.</summary>
[Collection("Torch")]
public sealed class TrainingLedgerTests : IDisposable
{
    private readonly TinySociety _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Theory]
    [InlineData("dpo")]
    [InlineData("spin")]
    [InlineData("imitation")]
    public async Task A_society_learns_by_the_methods_of_logs_too_and_the_same_seed_gives_the_same_society(string method)
    {
        LoadedScenario scenario = _tiny.Scenario([.. TinySociety.Literate, $"learning.method={method}", "learning.stepCredit=0", "learning.stepsPerRound=2", "learning.pairsPerGroup=2"]);
        RunDirectory directory = _tiny.Create("run"), again = _tiny.Create("again");
        await TinySociety.Run(scenario, directory);
        await TinySociety.Run(scenario, again);
        Assert.Equal(TinySociety.Transcripts(directory), TinySociety.Transcripts(again));
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(directory.Database);
        RunRecords records = new(database);
        Assert.Equal([2, 2, 2], records.Metric("steps").Where(point => point.Round > 0).Select(point => point.Value));
        IReadOnlyList<(int Round, double Value)> ordered = records.Metric("pairs/in-order");
        if (method == "imitation") Assert.Empty(ordered);
        else Assert.All(ordered, point => Assert.InRange(point.Value, 0, 1));
        Assert.Equal(method != "imitation", ordered.Count > 0);
        TrainedText[] texts = [.. database.Episodes(new EpisodeFilter { FromRound = 1, ToRound = 1 }).SelectMany(episode => database.BatchesOf(episode.Id)).Where(text => text.Round == 1)];
        Assert.NotEmpty(texts);
        // The better side of a pair pulls, the other pushes.
        if (method != "imitation") Assert.Equal(texts.Count(text => text.Advantage == 1), texts.Count(text => text.Advantage == -1));
    }

    [Fact]
    public async Task Every_attempt_with_a_signal_went_into_a_batch_of_its_round_and_into_the_next_checkpoint()
    {
        RunDirectory directory = _tiny.Create("run");
        await TinySociety.Run(_tiny.Scenario([.. TinySociety.Literate, "learning.rememberedShare=0.5"]), directory);
        using SocietyDatabase database = SocietyDatabase.Open(directory.Database);
        IReadOnlyList<CheckpointRecord> checkpoints = new RunRecords(database).Checkpoints();
        Dictionary<string, List<TrainedText>> texts = checkpoints.ToDictionary(checkpoint => checkpoint.Name,
            checkpoint => database.BatchesOfCheckpoint(checkpoint.Name).SelectMany(batch => database.EpisodesOf(batch.Batch)).ToList());
        Assert.Empty(texts["round-0"]);
        EpisodeRecord[] signals = [.. database.Episodes(new EpisodeFilter()).Where(episode => episode.Advantage != 0)];
        Assert.NotEmpty(signals);
        foreach (EpisodeRecord episode in signals)
        {
            TrainedText first = database.BatchesOf(episode.Id)[0];
            Assert.Equal((episode.Round, TrainingPhase.Play, "base"), (first.Round, first.Phase, first.Weights));
            Assert.Equal(checkpoints.First(checkpoint => checkpoint.Round >= episode.Round).Name, first.Checkpoint);
            Assert.Contains(first, texts[first.Checkpoint!]);
        }

        // Solutions of earlier rounds are imitated again, and found from the weights that did.
        Assert.Contains(texts.Values.SelectMany(all => all), text => text.Advantage is null && database.Episode(text.Episode).Round < text.Round);

        // From a note to the weights and back, all from stored rows.
        LedgerEntry entry = checkpoints.SelectMany(checkpoint => database.WhatTaught(checkpoint.Name)).First(taught => taught.Author != taught.Reader);
        Assert.Contains(database.WhatBecameOf(entry.Page), became => became.Episode == entry.Episode && became.Batch == entry.Batch && became.Checkpoint == entry.Checkpoint);
        Assert.Contains(database.EpisodesOf(entry.Batch!.Value), text => text.Episode == entry.Episode);
    }

    [Fact]
    public async Task An_interrupted_run_trained_in_the_same_batches()
    {
        RunDirectory whole = _tiny.Create("whole"), broken = _tiny.Create("broken");
        await TinySociety.Run(_tiny.Scenario(), whole);
        using CancellationTokenSource stop = new();
        await TinySociety.Run(_tiny.Scenario(), broken, progress =>
        {
            if (progress is { Phase: RunPhase.Learn, Round: 2 }) stop.Cancel();
        }, stop.Token);
        Assert.Equal(RunEnd.Done, await TinySociety.Resume(broken));
        Assert.Equal(Batches(whole), Batches(broken));
    }

    [Fact]
    public async Task A_sleep_is_a_batch_of_the_attempts_that_it_was_about()
    {
        RunDirectory directory = _tiny.Create("run");
        await TinySociety.Run(_tiny.Scenario([.. TinySociety.Literate, "selfPlay.enabled=false", "culture.shown=oracle", "consolidation={everyRounds: 2, steps: 2, batch: 4, problemsPerDifficulty: 1}"]), directory);
        using SocietyDatabase database = SocietyDatabase.Open(directory.Database);
        (long sleep, int round, long episodes) = database.BatchesOfCheckpoint("round-2")[^1];
        double lessons = Assert.Single(new RunRecords(database).Metric("sleep/lessons")).Value;
        Assert.True(lessons > 0);
        Assert.Equal((2, lessons), (round, episodes));
        Assert.All(database.EpisodesOf(sleep), text => Assert.Equal((TrainingPhase.Sleep, true), (text.Phase, database.Episode(text.Episode).Sound)));
    }

    private static IReadOnlyList<TrainedText> Batches(RunDirectory directory)
    {
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(directory.Database);
        return [.. new RunRecords(database).Checkpoints().SelectMany(checkpoint => database.BatchesOfCheckpoint(checkpoint.Name)).SelectMany(batch => database.EpisodesOf(batch.Batch))];
    }
}
