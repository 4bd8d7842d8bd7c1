using AgentSociety.Core;
using AgentSociety.Core.Play;

namespace AgentSociety.Learning;

/// <summary>What of a run's log leaves the house, and in which form.</summary>
public sealed record ExportOptions
{
    /// <summary>The form.</summary>
    public required ExportFormat Format { get; init; }

    /// <summary>True for right answers alone; proposals count as right where they became problems.</summary>
    public bool VerifiedOnly { get; init; }

    /// <summary>True for answers whose every step is valid.</summary>
    public bool SoundOnly { get; init; }

    /// <summary>Episodes of this agent alone; null for all.</summary>
    public string? Agent { get; init; }

    /// <summary>Episodes of this role alone; null for all.</summary>
    public Role? Role { get; init; }

    /// <summary>Least difficulty.</summary>
    public int MinimumDifficulty { get; init; } = 1;

    /// <summary>Greatest difficulty.</summary>
    public int MaximumDifficulty { get; init; } = int.MaxValue;

    /// <summary>First round.</summary>
    public int FirstRound { get; init; }

    /// <summary>Last round.</summary>
    public int LastRound { get; init; } = int.MaxValue;

    /// <summary>True to keep the first only of episodes with the same text.</summary>
    public bool Deduplicate { get; init; } = true;

    /// <summary>Share of problems that go to the test split, with all their attempts and proposals: no problem is in both. Problems that their run keeps for its own tests always do.</summary>
    public double TestShare { get; init; } = 0.1;

    /// <summary>The form of a name that a user gave.</summary>
    /// <exception cref="SocietyException">There is none of that name.</exception>
    public static ExportFormat FormatOf(string name) => name switch
    {
        "chatml-jsonl" => ExportFormat.ChatML,
        "sharegpt" => ExportFormat.ShareGpt,
        "trl-grpo" => ExportFormat.TrlGrpo,
        "parquet" => ExportFormat.Parquet,
        _ => throw new SocietyException($"export format '{name}' is unknown; use chatml-jsonl, sharegpt, trl-grpo or parquet"),
    };
}

/// <summary>The form of exported data.</summary>
public enum ExportFormat
{
    /// <summary>A line an episode with <c>messages</c> of roles user, assistant and tool, as OpenAI's and Hugging Face's chat trainers read it.</summary>
    ChatML,

    /// <summary>A line an episode with <c>conversations</c> of human, gpt and observation (FastChat's form, with the names that LLaMA-Factory and Axolotl know).</summary>
    ShareGpt,

    /// <summary>A line an episode with <c>prompt</c>, <c>completion</c>, <c>reward</c> and <c>group</c>: TRL's GRPO reads the prompts, offline methods the rest, without the mask: <c>holds_tool_replies</c> says where a completion is not the model's alone.</summary>
    TrlGrpo,

    /// <summary>A table with one row an episode: texts, token ids, loss masks, log-probabilities, rewards, provenance.</summary>
    Parquet,
}
