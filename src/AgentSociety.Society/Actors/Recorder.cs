using AgentSociety.Core.Records;
using AgentSociety.Culture;
using Akka.Actor;

namespace AgentSociety.Society;

/// <summary>The one writer of the run's records: a round is stored whole, in one transaction, or not at all.</summary>
public sealed class Recorder : ReceiveActor
{
    /// <summary>Asks that a round be stored.</summary>
    /// <param name="Round">All that it leaves behind.</param>
    /// <param name="RefreshWorth">True to measure the worth of notes anew from all that was played.</param>
    public sealed record Store(RoundRecord Round, bool RefreshWorth = false);

    /// <summary>The round is durable.</summary>
    /// <param name="Round">Its number.</param>
    public sealed record Stored(int Round);

    /// <summary>The recorder of this run.</summary>
    public Recorder(SocietyDatabase database, RunRecords records) => Receive<Store>(store =>
    {
        try
        {
            records.Append(store.Round);
            if (store.RefreshWorth) database.RefreshWorth();
            Sender.Tell(new Stored(store.Round.Round));
        }
        catch (Exception cause)
        {
            // A round that cannot be stored will not be stored the second time either: the society is told, and waits for no answer in vain.
            Sender.Tell(new Failed(cause));
        }
    });

    /// <summary>How to make one, on a thread of its own.</summary>
    public static Props Props(SocietyDatabase database, RunRecords records) => Akka.Actor.Props.Create(() => new Recorder(database, records)).WithDispatcher(Dispatchers.OwnThread);
}
