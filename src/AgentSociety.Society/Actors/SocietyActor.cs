using System.Diagnostics;
using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Records;
using AgentSociety.Core.Scenarios;
using AgentSociety.Culture;
using AgentSociety.Environments.DataSets;
using AgentSociety.Learning;
using Akka.Actor;

namespace AgentSociety.Society;

/// <summary>A run: propose, solve, edit, learn, test, store, and again.</summary>
/// <remarks>
/// <para>
/// It holds the round's state machine and nothing that a stored round does not: when it is restarted, or the process is, it reads the last stored
/// round and plays the next one. Answers take the places of the questions, and every draw is keyed, so that the order of arrival
/// changes nothing: a round that is played again is the same, transcript by transcript.
/// </para>
/// <para>
/// Phases follow each other: weights change while nobody decodes. Only storing overlaps: a round is written to disk while the next one is proposed and solved,
/// which changes nothing that is stored, and nothing is edited or learned before it is durable.
/// </para>
/// </remarks>
internal sealed partial class SocietyActor : ReceiveActor, IWithTimers
{
    private sealed record Interrupt;

    private sealed record Tick;

    private readonly RunSession _session;
    private readonly Lifetimes _lifetimes;
    private NotesAccess _notes = null!;
    private readonly RunDisplay _display;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Dictionary<string, IActorRef> _agents = [];
    private readonly HashSet<string> _posed = new(StringComparer.Ordinal);
    private readonly List<Problem> _archive = [];
    private SolutionMemory _solutions;

    private IActorRef _learner = ActorRefs.Nobody;
    private IActorRef _scratchpad = ActorRefs.Nobody;
    private IActorRef _recorder = ActorRefs.Nobody;
    private IActorRef _newborn = ActorRefs.Nobody;
    private IActorRef _host = ActorRefs.Nobody;
    private Func<IReadOnlyList<int>, IReadOnlyList<int>> _tokenLengths = null!;
    private int _context;
    private RunPlan _plan;
    private CancellationTokenRegistration _stopping;
    private RoundMemory _memory = null!;
    private ProblemCurriculum _curriculum = null!;
    private Contamination? _guarded;

    private int _round;
    private int _asked;
    private int _missing;
    private AgentActor.Proposed[] _proposals = [];
    private AgentActor.Solved[] _attempts = [];
    private ProblemSelection _selection = new([], [], []);
    private RoundResult _result = new([], [], []);
    private IReadOnlyList<HeldOutRecord> _heldOut = [];
    private readonly List<MetricRecord> _metrics = [];
    private readonly List<AnswerRecord> _answers = [];
    private readonly List<TrainingBatchRecord> _batches = [];
    private bool _stopAfterRound;
    private string _lastTrouble = "";

    private readonly DecodedWork _work = new();
    private DecodingMeter _meterAtRound;
    private double _clockAtRound;
    private double _trainSeconds;
    private double _trainTokens;

    public SocietyActor(RunSession session)
    {
        _session = session;
        _plan = session.Plan;
        _lifetimes = new Lifetimes(_plan.Scenario);
        _solutions = new SolutionMemory(_plan.Scenario.Learning);
        _display = new RunDisplay(_plan.Scenario.SelfPlay.Rounds, session.Watch);
        Become(Preparing);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private Scenario Scenario => _plan.Scenario;

    /// <summary>True where self-play's problems come from a curriculum and not from proposers.</summary>
    private bool Curated => Scenario.SelfPlay.Enabled && Scenario.SelfPlay.Curriculum != ProblemSource.Proposer;

    private string Weights => $"round-{_round}";

    /// <summary>The weights that the round is played with.</summary>
    private string WeightsBefore => $"round-{(_lifetimes.BeginsAt(_round) && !_lifetimes.InheritsWeights ? 0 : Math.Max(0, _round - 1))}";

    public static Props Props(RunSession session) => Akka.Actor.Props.Create(() => new SocietyActor(session));

    protected override void PreStart()
    {
        // What an actor throws at its start is lost with it: the run's own error goes to whoever waits for the run.
        try
        {
            Begin();
        }
        catch (Exception cause)
        {
            _session.Fail(cause);
        }
    }

    private void Begin()
    {
        _notes = new NotesAccess(_plan, _session.Database, _session.Scratchpad);
        _learner = Context.Watch(Context.ActorOf(LearnerActor.Props(_plan, _session.Keep, _session.Stop), "learner"));
        _scratchpad = Context.Watch(Context.ActorOf(ScratchpadActor.Props(_session.Scratchpad), "scratchpad"));
        _recorder = Context.Watch(Context.ActorOf(Recorder.Props(_session.Database, _session.Records), "recorder"));
        IActorRef self = Self;
        _stopping = _session.Stop.Register(() => self.Tell(new Interrupt()));
        Timers.StartPeriodicTimer("tick", new Tick(), TimeSpan.FromMilliseconds(500));
        StoredRound? last = _session.Records.LastRound();
        SocietyState? state = last is null ? null : SocietyState.Load(last.State);
        _display.Begin(_session.Records);
        if (state is { HeldOut: null }) _display.Say("the run does not say which held-out test it takes: whether this program asks the same one cannot be told");
        _learner.Tell(new LearnerActor.Prepare(state is null ? null : _session.Directory.Checkpoint(state.ResumePoint)));
    }

    protected override void PreRestart(Exception reason, object message)
    {
        // What is wrong with a scenario, a file or a disk is as wrong the second time.
        if (reason is SocietyException) _session.Fail(reason);
        else _display.Say($"round {_round} is begun again after an error: {reason.Message}");
        _session.Restarted(reason);
        base.PreRestart(reason, message);
    }

    protected override void PostStop() => _stopping.Dispose();

    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(5, TimeSpan.FromHours(1), cause =>
    {
        _lastTrouble = cause.Message;
        _display.Say($"a part of the society is restarted after an error: {cause.Message}");
        return Directive.Restart;
    });

    private void Preparing()
    {
        Always();
        Receive<LearnerActor.Pretraining>(told => _display.Pretraining(told.Progress));
        Receive<LearnerActor.Prepared>(prepared =>
        {
            StoredRound? last = _session.Records.LastRound();
            _round = last?.Round ?? 0;
            SocietyState? state = last is null ? null : SocietyState.Load(last.State);
            _plan = _session.Plan.OfGeneration(_lifetimes.Of(_round)).Against(state?.PastSelves);
            _tokenLengths = tokens => TokenLengths.In(prepared.Model.Tokenizer, tokens);
            _context = prepared.Model.Decoder.Config.Context;
            _memory = new RoundMemory(_plan, _tokenLengths, state);
            _host = Context.Watch(Context.ActorOf(ModelHost.Props(prepared.Model), "model-host"));
            _guarded = HeldOutTest.Guarded(_plan);
            Populate();
            _newborn = Context.Watch(Context.ActorOf(AgentActor.Props(_plan.Newborn(0), _plan.Environment, _host), "newborn"));
            _posed.UnionWith(_session.Records.PlayedForms(_lifetimes.MemoryFrom(_round)));
            _posed.UnionWith(ReservedForms(_lifetimes.MemoryFrom(_round)));
            _archive.AddRange(_session.Records.Played(_lifetimes.MemoryFrom(_round)).Select(StoredProblem.Of));
            _reports = state?.Reports ?? [];
            _decisions = state?.Decisions ?? [];
            _leftToPeople = [.. state?.LeftToPeople ?? []];
            _curriculum = new ProblemCurriculum(_plan, _guarded);
            if (Curated) for (int round = _lifetimes.MemoryFrom(_round); round <= _round; round++) _curriculum.Observe(_session.Records.Problems(round));
            _solutions = Remembered(_lifetimes.MemoryFrom(_round), _round);
            if (prepared.Pretrained is { } pretrained)
            {
                _trainSeconds = pretrained.Elapsed.TotalSeconds;
                _trainTokens = pretrained.TokensPerSecond * _trainSeconds;
                _metrics.Add(new MetricRecord("imitation-loss", pretrained.Loss));
            }

            if (state is null)
            {
                Measure();
                return;
            }

            _stopAfterRound = state.Stopped;
            if (_stopAfterRound) _display.Say($"a guard ended this run after round {_round}; to go on against it, run its scenario anew with guards.stop=false");
            _resume = (state.ResumePoint, state.ResumeRound ?? _round);
            CatchUp(_resume.Round + 1);
        });
    }

    private IActorRef HostOf(Agent agent, IActorRef local)
    {
        if (agent.Remote is not { } remote) return local;
        bool solves = agent.Role != Role.Editor;
        string name = $"{(solves ? "" : "editor-")}remote-{Scenario.Population.Select(some => some.Remote).OfType<RemoteSettings>().Distinct().ToList().IndexOf(remote)}";
        if (Context.Child(name) is { } open && !open.IsNobody()) return open;
        if (_session.OpenRemote is not { } opener) throw new SocietyException($"{agent.Name} plays at {remote.Endpoint}, and this program opens no endpoints; leave out population.remote");
        IReadOnlyList<IReadOnlyList<Segment>> examples = solves && GuardedDraw.Material(_plan.Environment, _guarded) is { } shown
            ? [.. Enumerable.Range(0, 3).Select(index => shown.DemonstrateSolution(Math.Min(1 + index, _plan.Environment.MaximumDifficulty), KeyedRandom.For(_plan.Seed, "remote/example", index)))]
            : [];
        return Context.Watch(Context.ActorOf(RemoteHost.Props(opener(remote), examples), name));
    }

    /// <summary>What every state answers to.</summary>
    private void Always()
    {
        Receive<LearnerActor.Saved>(_ => Store());
        Receive<Recorder.Stored>(_ =>
        {
            _unstored = null;
            Action? then = _onceStored;
            _onceStored = null;
            then?.Invoke();
        });
        Receive<CultureMeasured>(Take);
        Receive<Tick>(_ => _display.Repeat(_missing, _asked));
        Receive<Interrupt>(_ => _session.EndAs(RunEnd.Interrupted));
        Receive<Failed>(failed => Fail(failed.Cause));
        Receive<AgentActor.Unplayable>(unplayable => Fail(new SocietyException($"round {_round}: episode {unplayable.Episode} cannot be played: {unplayable.Reason}", badInput: false) { Repeats = unplayable.Repeats }));
        Receive<Terminated>(ended => Fail(new SocietyException($"{ended.ActorRef.Path.Name} failed again and again and was stopped ({_lastTrouble}); 'agentsociety resume {_session.Directory.Path}' goes on from the last stored round", badInput: false)));
    }

    private void Fail(Exception cause)
    {
        if (cause is OperationCanceledException && _session.Stop.IsCancellationRequested) _session.EndAs(RunEnd.Interrupted);
        else _session.Fail(cause);
    }

    private void Phase(RunPhase phase, Action state)
    {
        Become(state);
        _display.Show(phase, _round);
    }

    /// <summary>All of the round's metrics, with what it cost: from the end of the round before, so that no second is left out.</summary>
    private List<MetricRecord> Metrics()
    {
        double seconds = _clock.Elapsed.TotalSeconds;
        (long pages, long revisions) = _session.Records.ScratchpadSize();
        DecodingMeter meter = _work.Total;
        RoundCost cost = new(
            seconds - _clockAtRound, meter.Seconds - _meterAtRound.Seconds, meter.DecodedTokens - _meterAtRound.DecodedTokens, _trainSeconds, _trainTokens);
        _metrics.AddRange(RoundMetrics.Of(cost));
        _metrics.Add(new MetricRecord("pages", pages));
        _metrics.Add(new MetricRecord("revisions", revisions));
        _display.Stored(_metrics, cost, pages, revisions);
        (_clockAtRound, _meterAtRound, _trainSeconds, _trainTokens) = (seconds, meter, 0, 0);
        return [.. _metrics.Where(metric => double.IsFinite(metric.Value))];
    }
}
