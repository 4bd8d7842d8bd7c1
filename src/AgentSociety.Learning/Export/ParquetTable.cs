using System.Text.Json;
using System.Text.Json.Serialization;
using AgentSociety.Core.Play;
using AgentSociety.Core.Records;
using Parquet.Serialization;

namespace AgentSociety.Learning;

/// <summary>Episodes as a Parquet table, one row each.</summary>
internal static class ParquetTable
{
    public static async Task WriteAsync(string file, IReadOnlyList<LoggedEpisode> episodes, string split)
    {
        FileStream stream = File.Create(file);
        await using (stream.ConfigureAwait(false)) await ParquetSerializer.SerializeAsync(episodes.Select(episode => ParquetRow.From(episode, split)), stream).ConfigureAwait(false);
    }
}

/// <summary>A row of the table; the properties are its columns.</summary>
public sealed class ParquetRow
{
    /// <summary>The run's name.</summary>
    [JsonPropertyName("run")]
    public string Run { get; set; } = "";

    /// <summary>What tells the run from others of the same name.</summary>
    [JsonPropertyName("run_key")]
    public string RunKey { get; set; } = "";

    /// <summary>The episode's id, unique in its run.</summary>
    [JsonPropertyName("episode")]
    public string Episode { get; set; } = "";

    /// <summary>The round.</summary>
    [JsonPropertyName("round")]
    public int Round { get; set; }

    /// <summary>The agent's name.</summary>
    [JsonPropertyName("agent")]
    public string Agent { get; set; } = "";

    /// <summary>The part it played.</summary>
    [JsonPropertyName("role")]
    public string Role { get; set; } = "";

    /// <summary>The checkpoint that wrote it.</summary>
    [JsonPropertyName("checkpoint")]
    public string Checkpoint { get; set; } = "";

    /// <summary>The problem's text; null for a proposal that became none.</summary>
    [JsonPropertyName("problem")]
    public string? Problem { get; set; }

    /// <summary>The problem's difficulty.</summary>
    [JsonPropertyName("difficulty")]
    public int? Difficulty { get; set; }

    /// <summary>Key of the group of attempts at one problem.</summary>
    [JsonPropertyName("group")]
    public string? Group { get; set; }

    /// <summary>The prompt.</summary>
    [JsonPropertyName("prompt")]
    public string Prompt { get; set; } = "";

    /// <summary>All that follows the prompt, tool replies included.</summary>
    [JsonPropertyName("completion")]
    public string Completion { get; set; } = "";

    /// <summary>The segments as a JSON list of source and text.</summary>
    [JsonPropertyName("segments")]
    public string Segments { get; set; } = "";

    /// <summary>Token ids of the whole text.</summary>
    [JsonPropertyName("tokens")]
    public List<int> Tokens { get; set; } = [];

    /// <summary>True where the model wrote the token.</summary>
    [JsonPropertyName("loss_mask")]
    public List<bool> LossMask { get; set; } = [];

    /// <summary>Log-probability of each token as it was sampled.</summary>
    [JsonPropertyName("log_probabilities")]
    public List<float> LogProbabilities { get; set; } = [];

    /// <summary>What the verifier said.</summary>
    [JsonPropertyName("outcome")]
    public string Outcome { get; set; } = "";

    /// <summary>Why.</summary>
    [JsonPropertyName("reason")]
    public string Reason { get; set; } = "";

    /// <summary>True where every step is valid.</summary>
    [JsonPropertyName("sound")]
    public bool Sound { get; set; }

    /// <summary>The reward.</summary>
    [JsonPropertyName("reward")]
    public double Reward { get; set; }

    /// <summary>The advantage that was trained on.</summary>
    [JsonPropertyName("advantage")]
    public double Advantage { get; set; }

    /// <summary>Pages read, each as PAGE@REVISION.</summary>
    [JsonPropertyName("pages_read")]
    public List<string> PagesRead { get; set; } = [];

    /// <summary><c>train</c> or <c>test</c>.</summary>
    [JsonPropertyName("split")]
    public string Split { get; set; } = "";

    internal static ParquetRow From(LoggedEpisode logged, string split)
    {
        EpisodeRecord episode = logged.Episode;
        return new ParquetRow
        {
            Run = logged.Run,
            RunKey = logged.RunKey,
            Episode = episode.Id,
            Round = episode.Round,
            Agent = episode.Agent,
            Role = episode.Role.ToString().ToLowerInvariant(),
            Checkpoint = episode.Checkpoint,
            Problem = logged.Problem?.Text,
            Difficulty = logged.Problem?.Difficulty,
            Group = logged.Group,
            Prompt = Exporter.Text(episode, Source.Prompt),
            Completion = string.Concat(episode.Segments.Where(segment => segment.Source != Source.Prompt).Select(segment => segment.Text)),
            Segments = JsonSerializer.Serialize(episode.Segments.Select(segment => new { source = segment.Source.ToString().ToLowerInvariant(), text = segment.Text })),
            Tokens = [.. episode.Tokens],
            LossMask = [.. episode.LossMask],
            LogProbabilities = [.. episode.LogProbabilities],
            Outcome = episode.Outcome.ToString().ToLowerInvariant(),
            Reason = episode.Reason,
            Sound = episode.Sound,
            Reward = episode.Reward,
            Advantage = episode.Advantage,
            PagesRead = [.. logged.PagesRead],
            Split = split,
        };
    }
}
