using AgentSociety.Core;
using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Records;
using AgentSociety.Core.Scenarios;
using AgentSociety.Environments.DataSets;
using AgentSociety.Learning;
using AgentSociety.Models;
using Akka.Actor;

namespace AgentSociety.Society;

/// <summary>Owns the model: makes or loads it, trains it on what was played, and saves it.</summary>
/// <remarks>On a thread of its own, which a training keeps busy. A failure is answered, not supervised: weights that stopped half-way are of no use, and a resumed run begins with saved ones.</remarks>
public sealed class LearnerActor : ReceiveActor
{
    /// <summary>Asks for the model: that of a resume point, else the scenario's base, else one that is pretrained now.</summary>
    /// <param name="ResumePoint">Folder of the resume point; null for a new run.</param>
    public sealed record Prepare(string? ResumePoint);

    /// <summary>The model is there.</summary>
    /// <param name="Model">It stays the learner's.</param>
    /// <param name="Pretrained">What pretraining took; null where there was none.</param>
    public sealed record Prepared(LanguageModel Model, PretrainProgress? Pretrained);

    /// <summary>How far pretraining is.</summary>
    /// <param name="Progress">Steps, loss, speed.</param>
    public sealed record Pretraining(PretrainProgress Progress);

    /// <summary>Asks for training on a round.</summary>
    /// <param name="Round">Its number.</param>
    /// <param name="Episodes">What was played, with advantages.</param>
    /// <param name="Remembered">Solutions of earlier rounds by difficulty.</param>
    /// <param name="Temperature">What the round was sampled at.</param>
    /// <param name="Environment">What the round was played in, and whose material is replayed: against past selves it is another one every round.</param>
    public sealed record Learn(int Round, IReadOnlyList<EpisodeRecord> Episodes, IReadOnlyList<IReadOnlyList<EpisodeRecord>> Remembered, double Temperature, IEnvironment Environment);

    /// <summary>Asks how far the weights have moved from those of a checkpoint.</summary>
    /// <param name="Episodes">What they wrote lately.</param>
    /// <param name="Temperature">What it was sampled at.</param>
    /// <param name="Origin">Folder of the checkpoint.</param>
    public sealed record Measure(IReadOnlyList<EpisodeRecord> Episodes, double Temperature, string Origin);

    /// <summary>How far they have moved.</summary>
    /// <param name="Divergence">In nats a token; null where nothing was written by a model that is trained.</param>
    public sealed record Measured(double? Divergence);

    /// <summary>The weights have moved.</summary>
    /// <param name="Report">What training saw.</param>
    public sealed record Learned(TrainingReport Report);

    /// <summary>Asks for a sleep.</summary>
    /// <param name="Round">The round that is over.</param>
    /// <param name="Lessons">What is slept over.</param>
    /// <param name="Notes">What newborns read, for the tests before and after.</param>
    public sealed record Sleep(int Round, IReadOnlyList<Lesson> Lessons, INotes Notes);

    /// <summary>How far a sleep is.</summary>
    /// <param name="Progress">Steps, loss, speed.</param>
    public sealed record Sleeping(TrainingProgress Progress);

    /// <summary>The weights know what they read.</summary>
    /// <param name="Metrics">What the sleep did.</param>
    public sealed record Slept(IReadOnlyList<MetricRecord> Metrics);

    /// <summary>Asks that the weights become those of a checkpoint, and that training begin anew.</summary>
    /// <param name="Checkpoint">Its folder.</param>
    public sealed record Bear(string Checkpoint);

    /// <summary>The weights are those that were asked for.</summary>
    public sealed record Born;

    /// <summary>Asks that everything be saved that a resumed run needs, and the weights under a name of their own where one is given.</summary>
    /// <param name="ResumePoint">Folder of the resume point; what it held is replaced.</param>
    /// <param name="Checkpoint">Folder of the checkpoint; null for none.</param>
    public sealed record Save(string ResumePoint, string? Checkpoint);

    /// <summary>Everything is on disk.</summary>
    public sealed record Saved;

    private const string TrainerFolder = "trainer";
    private static readonly TimeSpan BetweenReports = TimeSpan.FromMilliseconds(250);
    private readonly RunPlan _plan;
    private readonly Lazy<Contamination?> _heldOut;
    private readonly Action<IDisposable> _keep;
    private readonly CancellationToken _stop;
    private LanguageModel? _model;
    private Trainer? _trainer;

    /// <summary>The learner of a run.</summary>
    /// <param name="plan">The run.</param>
    /// <param name="keep">Takes the model, to be disposed of when nobody decodes with it any more: a learner that is stopped does not know when the model host is.</param>
    /// <param name="stop">Ends a training between two steps.</param>
    public LearnerActor(RunPlan plan, Action<IDisposable> keep, CancellationToken stop)
    {
        _keep = keep;
        _plan = plan;
        _heldOut = new(() => HeldOutTest.Guarded(plan));
        _stop = stop;
        Receive<Prepare>(prepare => Answer(() => Ready(prepare.ResumePoint)));
        Receive<Learn>(learn => Answer(() => new Learned(_trainer!.Train(learn.Round, learn.Episodes, GuardedDraw.Material(learn.Environment, _heldOut.Value), learn.Remembered, learn.Temperature, stop: _stop))));
        Receive<Measure>(measure => Answer(() => DivergenceFrom(measure)));
        Receive<Sleep>(sleep => Answer(() => new Slept(SleepPhase.Sleep(_plan, _model!, sleep.Round, sleep.Lessons, sleep.Notes, Telling<TrainingProgress>(told => new Sleeping(told), told => told.Step == told.Steps), _stop))));
        Receive<Bear>(bear => Answer(() => Begin(bear.Checkpoint)));
        Receive<Save>(save => Answer(() => Write(save)));
    }

    /// <summary>How to make one, on a thread of its own.</summary>
    public static Props Props(RunPlan plan, Action<IDisposable> keep, CancellationToken stop) => Akka.Actor.Props.Create(() => new LearnerActor(plan, keep, stop)).WithDispatcher(Dispatchers.OwnThread);

    /// <inheritdoc />
    protected override void PostStop() => _trainer?.Dispose();

    private void Answer(Func<object> work)
    {
        object answer;
        try
        {
            answer = work();
        }
        catch (Exception cause)
        {
            answer = new Failed(cause);
        }

        Sender.Tell(answer);
    }

    private Prepared Ready(string? resumePoint)
    {
        Scenario scenario = _plan.Scenario;
        PretrainProgress? pretrained = null;
        if (resumePoint is not null) _model = LanguageModel.Load(resumePoint);
        else if (_plan.Loaded.BaseFolder is { } folder) _model = LanguageModel.Load(folder);
        else
        {
            _model = LanguageModel.Create(scenario.Model.Architecture, new CharacterTokenizer(_plan.Environment.Alphabet), _plan.Seed);
            pretrained = Pretrain(_model);
        }

        _keep(_model);
        _model.Tokenizer.Encode(_plan.Environment.Alphabet);
        if (resumePoint is null) RequireAdapters(_model);
        if (scenario.Learning.Weights == TrainedWeights.Lora)
        {
            foreach (string adapter in _plan.Population.Select(agent => agent.Adapter).Distinct().Where(name => !_model.Adapters.ContainsKey(name)))
                _model.AddAdapter(adapter, scenario.Learning.Lora, _plan.Seed);
        }

        _trainer = new Trainer(_model, _plan.Training);
        if (resumePoint is not null) _trainer.LoadState(Path.Combine(resumePoint, TrainerFolder));
        return new Prepared(_model, pretrained);
    }

    /// <summary>What an adapter of the base has learned must not be left out in silence, nor one of another shape be taken for the scenario's.</summary>
    private void RequireAdapters(LanguageModel model)
    {
        LearningSettings learning = _plan.Scenario.Learning;
        foreach ((string name, Adapter adapter) in model.Adapters.OrderBy(adapter => adapter.Key, StringComparer.Ordinal))
        {
            bool used = learning.Weights == TrainedWeights.Lora && _plan.Population.Any(agent => agent.Adapter == name);
            if (!used) throw new SocietyException($"{_plan.Loaded.BaseFolder}: has an adapter '{name}', and no agent has one of that name, so that what it learned would be left out; merge it first (agentsociety model merge), or name the base without it");
            if (!adapter.Settings.IsLike(learning.Lora)) throw new SocietyException($"{_plan.Loaded.BaseFolder}: the adapter '{name}' has rank {adapter.Settings.Rank}, alpha {adapter.Settings.Alpha:g4}, on {string.Join(", ", adapter.Settings.Targets)}, and learning.lora asks for another; set it alike, or merge the adapter first (agentsociety model merge)");
        }
    }

    private Born Begin(string checkpoint)
    {
        using LanguageModel newborn = LanguageModel.Load(checkpoint);
        _trainer!.Dispose();
        _model!.TakeWeights(newborn, _plan.Seed);
        _trainer = new Trainer(_model, _plan.Training);
        return new Born();
    }

    private Measured DivergenceFrom(Measure measure)
    {
        using LanguageModel origin = LanguageModel.Load(measure.Origin);
        return new Measured(BaseDivergence.Of(_model!, origin, measure.Episodes, _plan.Training with { Temperature = measure.Temperature }));
    }

    private PretrainProgress Pretrain(LanguageModel model)
    {
        if (GuardedDraw.Material(_plan.Environment, _heldOut.Value) is not { } material)
            throw new SocietyException($"{_plan.Loaded.File}: the environment '{_plan.Environment.Name}' has no demonstrations to pretrain on; name a trained checkpoint under model.base");
        return new Pretrainer(model, _plan.Scenario.Pretrain, _plan.Seed).Train(material, Telling<PretrainProgress>(told => new Pretraining(told), told => told.Step == told.Steps), _stop);
    }

    /// <summary>Tells whoever asked how far a training is: now and then, and at its end.</summary>
    private Action<T> Telling<T>(Func<T, object> message, Func<T, bool> isLast)
    {
        IActorRef asker = Sender;
        DateTime told = DateTime.MinValue;
        return progress =>
        {
            if (DateTime.UtcNow - told < BetweenReports && !isLast(progress)) return;
            told = DateTime.UtcNow;
            asker.Tell(message(progress));
        };
    }

    private Saved Write(Save save)
    {
        try
        {
            if (Directory.Exists(save.ResumePoint)) Directory.Delete(save.ResumePoint, recursive: true);
            _model!.Save(save.ResumePoint);
            _trainer!.SaveState(Path.Combine(save.ResumePoint, TrainerFolder));
            if (save.Checkpoint is { } checkpoint) _model.Save(checkpoint);
            return new Saved();
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new SocietyException($"{save.ResumePoint}: the weights cannot be written ({cause.Message}); make room or access and resume the run", badInput: false, cause);
        }
    }
}
