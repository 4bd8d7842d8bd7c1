namespace AgentSociety.Society;

/// <summary>What the model host has decoded in this life of a run.</summary>
internal sealed class DecodedWork
{
    /// <summary>All of it.</summary>
    public DecodingMeter Total { get; private set; }

    /// <summary>Takes note of what an answer says of the host's work so far.</summary>
    public void Take(DecodingMeter meter)
    {
        // Answers overtake each other on their way through the agents, endpoints meter nothing, and a host that was restarted begins at 0: work never shrinks.
        if (meter.DecodedTokens > Total.DecodedTokens) Total = meter;
    }
}
