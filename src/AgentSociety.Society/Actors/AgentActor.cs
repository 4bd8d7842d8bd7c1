using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Records;
using AgentSociety.Culture;
using AgentSociety.Models;
using Akka.Actor;
using Proposal = AgentSociety.Core.Environments.Proposal;

namespace AgentSociety.Society;

/// <summary>One member of the society: it holds an identity and plays episodes with the weights that belong to it.</summary>
/// <remarks>Pure message logic: it asks a <see cref="ModelHost"/> for text and the environment for a verdict. Any number of its episodes may be under way.</remarks>
public sealed class AgentActor : ReceiveActor
{
    /// <summary>Asks for a problem.</summary>
    public sealed record Propose
    {
        /// <summary>Id of the episode.</summary>
        public required string Episode { get; init; }

        /// <summary>The round.</summary>
        public required int Round { get; init; }

        /// <summary>Which proposal of the round.</summary>
        public required int Index { get; init; }

        /// <summary>What the proposer reads.</summary>
        public required string Prompt { get; init; }

        /// <summary>How it samples.</summary>
        public required Playing Playing { get; init; }
    }

    /// <summary>A written proposal. Its outcome and reward are for the round to say.</summary>
    /// <param name="Index">Which proposal of the round.</param>
    /// <param name="Episode">The transcript.</param>
    /// <param name="Proposal">What the environment makes of the text.</param>
    /// <param name="Meter">The host's work so far.</param>
    public sealed record Proposed(int Index, EpisodeRecord Episode, Proposal Proposal, DecodingMeter Meter);

    /// <summary>Asks for one attempt at a problem.</summary>
    public sealed record Solve
    {
        /// <summary>Id of the episode.</summary>
        public required string Episode { get; init; }

        /// <summary>The round.</summary>
        public required int Round { get; init; }

        /// <summary>Where the asker wants the answer: its place among all attempts that are under way.</summary>
        public required int Place { get; init; }

        /// <summary>Id of the problem.</summary>
        public required string ProblemId { get; init; }

        /// <summary>The problem.</summary>
        public required Problem Problem { get; init; }

        /// <summary>The environment as it stands this round: past selves change it.</summary>
        public required IEnvironment Environment { get; init; }

        /// <summary>Index of the attempt in its group.</summary>
        public required int Attempt { get; init; }

        /// <summary>What the solver reads.</summary>
        public required string Prompt { get; init; }

        /// <summary>What its tools may reach.</summary>
        public required ToolAccess Access { get; init; }

        /// <summary>The notes in <see cref="Access"/>, where the attempt is part of a trial of notes.</summary>
        public WithheldNotes? Trial { get; init; }

        /// <summary>How it samples.</summary>
        public required Playing Playing { get; init; }
    }

    /// <summary>A judged attempt. Its reward is for the round to say.</summary>
    /// <param name="Place">The place that the asker gave.</param>
    /// <param name="Episode">The transcript.</param>
    /// <param name="Verdict">What the environment says of it.</param>
    /// <param name="Edits">The edits of the scratchpad that it asked for.</param>
    /// <param name="Meter">The host's work so far.</param>
    public sealed record Solved(int Place, EpisodeRecord Episode, Verdict Verdict, IReadOnlyList<NoteEdit> Edits, DecodingMeter Meter);

    /// <summary>Asks the agent to mark the steps of an attempt that it has finished.</summary>
    public sealed record Review
    {
        /// <summary>Id of the episode.</summary>
        public required string Episode { get; init; }

        /// <summary>The round.</summary>
        public required int Round { get; init; }

        /// <summary>The place of the attempt.</summary>
        public required int Place { get; init; }

        /// <summary>Id of its problem.</summary>
        public required string ProblemId { get; init; }

        /// <summary>Index of the attempt in its group.</summary>
        public required int Attempt { get; init; }

        /// <summary>What the agent reads: its attempt.</summary>
        public required string Prompt { get; init; }

        /// <summary>What the verifier says of each step; the agent is not told.</summary>
        public required IReadOnlyList<bool> Steps { get; init; }

        /// <summary>How it samples.</summary>
        public required Playing Playing { get; init; }
    }

    /// <summary>A review, rewarded by the share of its marks that agree with the verifier.</summary>
    /// <param name="Place">The place of the attempt.</param>
    /// <param name="Episode">The transcript, in the role of a critic.</param>
    /// <param name="Marks">True for each step that holds as the agent has it; null where it cannot be read.</param>
    /// <param name="Meter">The host's work so far.</param>
    public sealed record Reviewed(int Place, EpisodeRecord Episode, IReadOnlyList<bool>? Marks, DecodingMeter Meter);

    /// <summary>Asks an editor to decide an edit that waits.</summary>
    public sealed record Consider
    {
        /// <summary>Id of the episode.</summary>
        public required string Episode { get; init; }

        /// <summary>The round.</summary>
        public required int Round { get; init; }

        /// <summary>Number of the edit.</summary>
        public required long Proposal { get; init; }

        /// <summary>What the editor reads: the page as it is and as it would be.</summary>
        public required string Prompt { get; init; }

        /// <summary>How it samples.</summary>
        public required Playing Playing { get; init; }
    }

    /// <summary>What the editor says of the edit.</summary>
    /// <param name="Proposal">Number of the edit.</param>
    /// <param name="Editor">The editor.</param>
    /// <param name="Episode">The transcript; null where it could not be asked.</param>
    /// <param name="Approve">Its decision; null where there is none.</param>
    /// <param name="Reason">What it said, or why it said nothing.</param>
    /// <param name="Meter">The host's work so far.</param>
    public sealed record Considered(long Proposal, string Editor, EpisodeRecord? Episode, bool? Approve, string Reason, DecodingMeter Meter);

    /// <summary>An episode that could not be played at all.</summary>
    /// <param name="Episode">Its id.</param>
    /// <param name="Reason">Why.</param>
    /// <param name="Repeats">True where another try would meet the same.</param>
    public sealed record Unplayable(string Episode, string Reason, bool Repeats = false);

    private readonly Agent _agent;
    private readonly IEnvironment _environment;
    private readonly IActorRef _host;
    private readonly Dictionary<string, (object Asked, IActorRef Asker)> _playing = [];

    /// <summary>An agent that plays in an environment with a host's model.</summary>
    public AgentActor(Agent agent, IEnvironment environment, IActorRef host)
    {
        _agent = agent;
        _environment = environment;
        _host = host;
        Receive<Propose>(asked => Begin(asked.Episode, asked, asked.Prompt, asked.Playing, static () => null));
        Receive<Solve>(asked => Begin(asked.Episode, asked, asked.Prompt, asked.Playing, () => asked.Environment.OpenTools(asked.Problem, asked.Access)));
        Receive<Review>(asked => Begin(asked.Episode, asked, asked.Prompt, asked.Playing, static () => null));
        Receive<Consider>(asked => Begin(asked.Episode, asked, asked.Prompt, asked.Playing, static () => null));
        Receive<ModelHost.Generated>(End);
        Receive<ModelHost.Refused>(refused =>
        {
            if (_playing.Remove(refused.Id, out var episode)) episode.Asker.Tell(Unanswered(episode.Asked, refused));
        });
    }

    /// <summary>How to make one.</summary>
    public static Props Props(Agent agent, IEnvironment environment, IActorRef host) => Akka.Actor.Props.Create(() => new AgentActor(agent, environment, host));

    /// <inheritdoc />
    protected override void PreRestart(Exception reason, object message)
    {
        // What was under way is played again: the same key gives the same text.
        foreach ((string episode, (object asked, IActorRef asker)) in _playing)
        {
            _host.Tell(new ModelHost.Cancel(episode));
            Self.Tell(asked, asker);
        }

        base.PreRestart(reason, message);
    }

    private void Begin(string episode, object asked, string prompt, Playing playing, Func<IToolSession?> tools)
    {
        _playing[episode] = (asked, Sender);
        _host.Tell(new ModelHost.Generate
        {
            Id = episode,
            Prompt = prompt,
            Adapter = playing.Adapter ?? _agent.Adapter,
            Owner = _agent.Name,
            Sampling = new SamplingSettings { Temperature = playing.Temperature },
            Key = playing.Key,
            MaximumTokens = playing.MaximumTokens,
            OpenTools = tools,
        });
    }

    private void End(ModelHost.Generated generated)
    {
        // An answer to a question that this agent, restarted since, no longer knows.
        if (!_playing.Remove(generated.Generation.Id, out var episode)) return;
        episode.Asker.Tell(Answer(episode.Asked, generated));
    }

    private object Answer(object asked, ModelHost.Generated generated)
    {
        try
        {
            return asked switch
            {
                Solve solve => Judge(solve, generated),
                Review review => Compare(review, generated),
                Consider consider => Decide(consider, generated),
                _ => Read((Propose)asked, generated),
            };
        }
        catch (Exception cause)
        {
            // An environment may be anybody's code: its fault is the run's to report, not this agent's to be restarted for.
            return new Unplayable(generated.Generation.Id, $"the environment '{_environment.Name}' failed: {cause.Message}");
        }
    }

    /// <summary>An attempt that nobody plays is the run's to report; an edit that nobody judges goes on waiting.</summary>
    private object Unanswered(object asked, ModelHost.Refused refused) =>
        asked is Consider consider ? new Considered(consider.Proposal, _agent.Name, null, null, refused.Reason, default) : new Unplayable(refused.Id, refused.Reason, refused.Repeats);

    private Considered Decide(Consider asked, ModelHost.Generated generated)
    {
        (bool? approve, string reason) = EditReview.Read(Written(generated.Generation.Segments));
        EpisodeRecord episode = Record(asked.Episode, asked.Round, 0, asked.Playing, generated.Generation) with
        {
            Outcome = approve is null ? Outcome.Malformed : Outcome.Correct,
            Reason = approve switch { null => reason, true => $"approves edit {asked.Proposal}", false => $"rejects edit {asked.Proposal}" },
        };
        return new Considered(asked.Proposal, _agent.Name, episode, approve, reason, generated.Meter);
    }

    /// <summary>What the model wrote of a text.</summary>
    internal static string Written(IReadOnlyList<Segment> segments) => string.Concat(segments.Where(segment => segment.Source == Source.Model).Select(segment => segment.Text));

    private Proposed Read(Propose asked, ModelHost.Generated generated)
    {
        string text = Written(generated.Generation.Segments);
        Proposal proposal = generated.Generation.FinishReason == FinishReason.EndOfText ? _environment.Parse(text) : Proposal.Malformed("the text does not end");
        EpisodeRecord episode = Record(asked.Episode, asked.Round, asked.Index, asked.Playing, generated.Generation) with
        {
            Outcome = proposal.Problem is null ? Outcome.Malformed : Outcome.Correct,
            Reason = proposal.Reason,
        };
        return new Proposed(asked.Index, episode, proposal, generated.Meter);
    }

    private Reviewed Compare(Review asked, ModelHost.Generated generated)
    {
        string text = Written(generated.Generation.Segments);
        IReadOnlyList<bool>? marks = ((IReviewed)_environment).ReadReview(text, asked.Steps.Count);
        int right = marks?.Zip(asked.Steps, (mark, valid) => mark == valid).Count(agrees => agrees) ?? 0;
        EpisodeRecord episode = Record(asked.Episode, asked.Round, asked.Attempt, asked.Playing, generated.Generation) with
        {
            Role = Role.Critic,
            Problem = asked.ProblemId,
            Outcome = marks is null ? Outcome.Malformed : right == asked.Steps.Count ? Outcome.Correct : Outcome.Wrong,
            Reason = marks is null ? "no marks that can be read" : $"{right} of {asked.Steps.Count} marks agree with the verifier",
            Reward = (double)right / asked.Steps.Count,
        };
        return new Reviewed(asked.Place, episode, marks, generated.Meter);
    }

    private Solved Judge(Solve asked, ModelHost.Generated generated)
    {
        Verdict verdict = asked.Environment.Verify(asked.Problem, generated.Generation.Segments);
        EpisodeRecord episode = Record(asked.Episode, asked.Round, asked.Attempt, asked.Playing, generated.Generation) with
        {
            Problem = asked.ProblemId,
            Outcome = verdict.Outcome,
            Reason = verdict.Reason,
            Sound = verdict.Sound,
            ToolCalls = generated.Tools?.Calls ?? [],
            Withheld = asked.Trial?.Withheld ?? [],
            WithholdingProbability = asked.Trial?.Probability ?? 0,
        };
        return new Solved(asked.Place, episode, verdict, generated.Tools?.Edits ?? [], generated.Meter);
    }

    private EpisodeRecord Record(string id, int round, int attempt, Playing playing, Generation generation) => new()
    {
        Id = id,
        Round = round,
        Agent = _agent.Name,
        Role = _agent.Role,
        Attempt = attempt,
        Checkpoint = playing.Checkpoint,
        Segments = generation.Segments,
        Tokens = generation.Tokens,
        LogProbabilities = generation.LogProbabilities,
        LossMask = generation.LossMask,
        Outcome = Outcome.Malformed,
        Reason = "",
        Sound = false,
        Reward = 0,
    };
}

/// <summary>How an episode is sampled.</summary>
public sealed record Playing
{
    /// <summary>Name of the weights at hand.</summary>
    public required string Checkpoint { get; init; }

    /// <summary>Key of the episode's random stream.</summary>
    public required ulong Key { get; init; }

    /// <summary>Sampling temperature; 0 takes the likeliest token.</summary>
    public required double Temperature { get; init; }

    /// <summary>Most tokens after the prompt.</summary>
    public required int MaximumTokens { get; init; }

    /// <summary>Whose weights, where not the agent's own.</summary>
    public string? Adapter { get; init; }
}
