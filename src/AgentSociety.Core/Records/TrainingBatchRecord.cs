namespace AgentSociety.Core.Records;

/// <summary>When weights learn.</summary>
public enum TrainingPhase
{
    /// <summary>After a round, from what was played.</summary>
    Play,

    /// <summary>In a sleep, from what notes taught.</summary>
    Sleep,
}

/// <summary>One gradient step and the episodes that it learned from; a sleep of some weights is one record, however many steps it takes.</summary>
public sealed record TrainingBatchRecord
{
    /// <summary>When it was taken.</summary>
    public TrainingPhase Phase { get; init; }

    /// <summary>The weights that it moved: <c>base</c>, or an adapter's name.</summary>
    public required string Weights { get; init; }

    /// <summary>The pass through the round's episodes.</summary>
    public int Epoch { get; init; }

    /// <summary>The step within the pass.</summary>
    public int Step { get; init; }

    /// <summary>Texts of base material beside the episodes.</summary>
    public int Demonstrations { get; init; }

    /// <summary>The episodes, in the order of the batch; one that was drawn twice stands there twice.</summary>
    public required IReadOnlyList<TrainedEpisode> Episodes { get; init; }
}

/// <summary>An episode's part in a gradient step.</summary>
/// <param name="Episode">Its id.</param>
/// <param name="Weight">Weight of each of its tokens in the step's loss; null in a sleep.</param>
/// <param name="Advantage">The advantage as it was trained on, without that of single tokens; null for a text that was imitated.</param>
public readonly record struct TrainedEpisode(string Episode, double? Weight, double? Advantage);
