namespace AgentSociety.Society;

/// <summary>Names of the dispatchers that actors run on.</summary>
internal static class Dispatchers
{
    /// <summary>One thread for each actor on it: for those that compute or write for long. Tensor scopes are bound to a thread.</summary>
    internal const string OwnThread = "society.own-thread";

    /// <summary>What defines them.</summary>
    internal const string Configuration = $$"""
        {{OwnThread}} { type = PinnedDispatcher }
        akka {
          loglevel = WARNING
          stdout-loglevel = OFF
          loggers = []
          coordinated-shutdown.run-by-clr-shutdown-hook = off
        }
        """;
}
