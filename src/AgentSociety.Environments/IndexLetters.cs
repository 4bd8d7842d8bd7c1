namespace AgentSociety.Environments;

/// <summary>The letters that name places and numbers of a prompt, so that what comes next is found and not counted: index hints (Zhou et al. 2023, "What algorithms can transformers learn?").</summary>
static class IndexLetters
{
    /// <summary>All of them, in their order.</summary>
    public const string All = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
}
