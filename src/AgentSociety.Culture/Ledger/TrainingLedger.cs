using AgentSociety.Core.Records;
using Dapper;

namespace AgentSociety.Culture;

/// <summary>One episode's part in one training batch.</summary>
public sealed record TrainedText
{
    /// <summary>Number of the batch; batches are numbered in the order in which they were trained.</summary>
    public required long Batch { get; init; }

    /// <summary>The round after which it was trained: the episode's own, or a later one that remembered it.</summary>
    public required int Round { get; init; }

    /// <summary>Whether it was after play or in a sleep.</summary>
    public required TrainingPhase Phase { get; init; }

    /// <summary>The weights that it moved: <c>base</c>, or an adapter's name.</summary>
    public required string Weights { get; init; }

    /// <summary>The pass through the round's episodes.</summary>
    public required int Epoch { get; init; }

    /// <summary>The step within the pass.</summary>
    public required int Step { get; init; }

    /// <summary>Id of the episode.</summary>
    public required string Episode { get; init; }

    /// <summary>Weight of each of its tokens in the step's loss; null in a sleep.</summary>
    public double? Weight { get; init; }

    /// <summary>The advantage as it was trained on; null for a text that was imitated.</summary>
    public double? Advantage { get; init; }

    /// <summary>The first saved weights that hold the batch; null where there is none yet.</summary>
    public string? Checkpoint { get; init; }
}

/// <summary>Which gradient steps learned from which episodes, as they were stored with their rounds.</summary>
public static class TrainingLedger
{
    private const string Texts = """
        SELECT t.batch AS Batch, b.round AS Round, CASE b.phase WHEN 'sleep' THEN 1 ELSE 0 END AS Phase, b.weights AS Weights, b.epoch AS Epoch, b.step AS Step, e.id AS Episode,
               t.weight AS Weight, t.advantage AS Advantage, (SELECT s.checkpoint FROM saved_batch s WHERE s.batch = t.batch) AS Checkpoint
        FROM trained t JOIN training_batch b ON b.number = t.batch JOIN episode e ON e.number = t.episode
        """;

    /// <summary>The batches that learned from an episode, in order.</summary>
    public static IReadOnlyList<TrainedText> BatchesOf(this SocietyDatabase database, string episode) => database.Read(connection =>
        connection.Query<TrainedText>($"{Texts} WHERE e.id = @episode ORDER BY t.batch, t.position", new { episode }).AsList());

    /// <summary>The episodes that a batch learned from, in the order of the batch.</summary>
    public static IReadOnlyList<TrainedText> EpisodesOf(this SocietyDatabase database, long batch) => database.Read(connection =>
        connection.Query<TrainedText>($"{Texts} WHERE t.batch = @batch ORDER BY t.position", new { batch }).AsList());

    /// <summary>Texts in all gradient steps after rounds, base material included, each as often as it was taken; null where no step is recorded.</summary>
    public static long? TrainedTexts(this SocietyDatabase database) => database.Read(connection => connection.ExecuteScalar<long?>("""
        SELECT CASE WHEN EXISTS (SELECT 1 FROM training_batch WHERE phase = 'play') THEN
               (SELECT sum(demonstrations) FROM training_batch WHERE phase = 'play')
               + (SELECT count(*) FROM trained t JOIN training_batch b ON b.number = t.batch WHERE b.phase = 'play') END
        """));

    /// <summary>The batches of a checkpoint: those since the checkpoint before it, and the number of episodes in each.</summary>
    public static IReadOnlyList<(long Batch, int Round, long Episodes)> BatchesOfCheckpoint(this SocietyDatabase database, string checkpoint) => database.Read(connection =>
        connection.Query<(long, int, long)>("""
            SELECT s.batch, s.round, (SELECT count(*) FROM trained t WHERE t.batch = s.batch) FROM saved_batch s WHERE s.checkpoint = @checkpoint ORDER BY s.batch
            """, new { checkpoint }).AsList());
}
