using System.ComponentModel.DataAnnotations;
using AgentSociety.Core.Environments;

namespace AgentSociety.Environments.DataSets;

/// <summary>What a scenario may say under <c>environment.options</c> of <c>data-set</c>.</summary>
public sealed record DataSetOptions
{
    /// <summary>A JSONL file: an object a line, with texts <c>question</c> and <c>answer</c>, as GSM8K has them.</summary>
    [Required(AllowEmptyStrings = false)]
    [FileOption]
    public string Path { get; init; } = "";

    /// <summary>What stands before the final answer, in the file and in attempts.</summary>
    [Required(AllowEmptyStrings = false)]
    public string Marker { get; init; } = "####";

    /// <summary>Levels of difficulty: problems are sorted by the length of their worked solution and cut into this many equal parts.</summary>
    [Range(1, 100)]
    public int Levels { get; init; } = 5;

    /// <summary>Words in a row from which on a question that proposers pose gives one of the held-out test away, and is not played (13: Brown et al. 2020); 0 to play all.</summary>
    [Range(0, 1000)]
    public int SharedWords { get; init; } = Contamination.Words;
}
