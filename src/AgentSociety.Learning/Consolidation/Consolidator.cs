using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Scenarios;
using AgentSociety.Learning.Objectives;
using AgentSociety.Models;
using static TorchSharp.torch;

namespace AgentSociety.Learning;

/// <summary>
/// The sleep phase: distils what a model does with its notes into weights that do it without them. The teacher is the model as it is, reading
/// the notes; the student is the same model without them; the loss is KL(teacher || student) over the tokens that the
/// teacher wrote (context distillation; Snell, Klein and Zhong 2022; Askell et al. 2021, section 2.2).
/// </summary>
/// <remarks>
/// Departs from the papers in that the teacher's distributions are taken once, before the student moves, and that base material is
/// mixed in against forgetting. Of a large vocabulary the likeliest tokens of each prediction are kept, and the others as one: all of them would take a hundred gigabytes for a few
/// thousand lessons. Deterministic in (seed, lessons, settings) on CPU, however often it was stopped: what the teacher says is asked again of the weights that it began with.
/// </remarks>
public sealed class Consolidator
{
    private const int LessonsInShare = 16, LessonsInTeaching = 64, WholeVocabulary = 4096, LikeliestTokens = 256;
    private readonly LanguageModel _model;
    private readonly ConsolidationSettings _settings;
    private readonly PretrainSettings _material;
    private readonly ulong _seed;
    private readonly int? _likeliest;
    private readonly double _narrower;

    /// <summary>Creates the consolidator.</summary>
    /// <param name="model">The model.</param>
    /// <param name="settings">Steps, rates, mix.</param>
    /// <param name="material">What base material is drawn for replay.</param>
    /// <param name="seed">Of order and replay.</param>
    public Consolidator(LanguageModel model, ConsolidationSettings settings, PretrainSettings material, ulong seed)
        : this(model, settings, material, seed, WholeVocabulary, LikeliestTokens)
    {
    }

    /// <param name="model">The model.</param>
    /// <param name="settings">Steps, rates, mix.</param>
    /// <param name="material">What base material is drawn for replay.</param>
    /// <param name="seed">Of order and replay.</param>
    /// <param name="whole">The largest vocabulary over which distributions are kept whole.</param>
    /// <param name="likeliest">How many tokens of each prediction are kept of a larger one.</param>
    internal Consolidator(LanguageModel model, ConsolidationSettings settings, PretrainSettings material, ulong seed, int whole, int likeliest)
    {
        int vocabulary = model.Decoder.Config.VocabularySize;
        _likeliest = vocabulary > whole ? Math.Min(likeliest, vocabulary - 1) : null;
        // Logits of a batch grow with the vocabulary: fewer lessons pass at once.
        _narrower = vocabulary > whole ? (double)whole / vocabulary : 1;
        _model = model;
        _settings = settings;
        _material = material;
        _seed = seed;
    }

    /// <summary>The adapter that is trained, the model's own weights frozen; the teacher is the model with the adapter as it was. Null to train all of the model's own weights.</summary>
    public string? Adapter { get; init; }

    /// <summary>Number format and memory of the passes over texts.</summary>
    public LearningSettings Passes { get; init; } = new();

    /// <summary>Where a sleep keeps what it needs to go on after a stop, and goes on from where it is there; null to keep nothing.</summary>
    public FineTuneState? State { get; init; }

    /// <summary>Sleeps over some lessons.</summary>
    /// <param name="lessons">Transcripts with and without notes; verified ones, or errors are learned too.</param>
    /// <param name="replay">Where base material comes from; null for none.</param>
    /// <param name="progress">Told after every step.</param>
    /// <param name="stop">Checked before every step.</param>
    /// <returns>The mean divergence in nats a token of the first and of the last step; NaN for a step that an earlier life of the sleep took.</returns>
    /// <exception cref="SocietyException">There are no lessons, one is not the same text twice, or a loss was not finite.</exception>
    public (double Before, double After) Sleep(IReadOnlyList<Lesson> lessons, IDemonstrator? replay, Action<TrainingProgress>? progress = null, CancellationToken stop = default)
    {
        if (lessons.Count == 0) throw new SocietyException("there is nothing to consolidate: no verified transcript reads a note");
        WeightSet weights = Adapter is null ? _model.OwnWeights(Passes) : _model.AdapterWeights(Adapter, Passes);
        TextCode text = _model.Text();
        Device device = _model.Decoder.Device;
        Taught[] taught = Teach(lessons, weights, text, device);
        Demonstrations? material = replay is null || _settings.ReplayShare == 0 ? null : new Demonstrations(replay, text, _material, PositionGaps.Of(_material));
        using AdamW optimizer = new(weights.Parameters);
        GradientStep gradient = new(weights, optimizer, device, Passes);
        double first = double.NaN, last = double.NaN;
        int replays = (int)Math.Round(_settings.Batch * _settings.ReplayShare), own = Math.Max(1, _settings.Batch - replays);
        StepLoop loop = new(_settings.Steps, State?.Load(weights, optimizer) ?? 0, done => State?.Save(weights, optimizer, done));
        try
        {
            _ = loop.Run(step =>
            {
                KeyedRandom random = KeyedRandom.For(_seed, "sleep", step);
                Taught[] chosen = [.. Enumerable.Range(0, own).Select(_ => random.Choose(taught))];
                last = Distil(chosen, weights, device);
                if (step == 0) first = last;
                long tokens = chosen.Sum(lesson => (long)lesson.Student.Tokens.Length);
                if (material is not null) tokens += gradient.Accumulate(Replay(material, replays, step)).Tokens;
                double rate = Schedule.WarmupCosine(step, _settings.Steps, Math.Min(_settings.WarmupSteps, _settings.Steps / 2), _settings.LearningRate);
                GradientStep.Apply(optimizer, last, rate, 0, _settings.GradientNorm, $"consolidation step {step + 1} of {_settings.Steps}");
                return new TakenStep(last, tokens);
            }, progress, stop);
        }
        finally
        {
            if (Adapter is null) _model.WeightsChanged();
            else _model.AdaptersChanged();
        }

        return (first, last);
    }

    private WeighedText[] Replay(Demonstrations material, int count, int step)
    {
        TrainingSequence[] texts = [.. Enumerable.Range(0, count).Select(index => material.Draw(KeyedRandom.For(_seed, "sleep-replay", step, index)))];
        double weight = _settings.ReplayWeight / Math.Max(1, texts.Sum(text => text.Learned));
        return [.. texts.Select(text => new WeighedText(text, weight))];
    }

    /// <summary>The gradient of the mean divergence over the teacher's tokens; returns that mean.</summary>
    private double Distil(Taught[] chosen, WeightSet weights, Device device)
    {
        Taught[][] shares = [.. chosen.OrderByDescending(lesson => lesson.Student.Tokens.Length).Chunk(AtOnce(LessonsInShare))];
        float[] losses = new float[shares.Length];
        double written = chosen.Sum(lesson => lesson.Student.Learned);
        GradientSum.Add(weights.Parameters, device, shares.Length, share =>
        {
            Minibatch batch = new([.. shares[share].Select(lesson => new WeighedText(lesson.Student, 1))]);
            Tensor logits = weights.Forward(batch.Tokens(device), batch.Positions(device)); // [B, T, V]
            Tensor student = logits.reshape(-1, logits.size(-1)).index_select(0, tensor(Rows(batch), device: device)); // [N, V]
            Tensor teacher = tensor(shares[share].SelectMany(lesson => lesson.Values).ToArray(), [student.size(0), _likeliest ?? student.size(-1)], device: device);
            Tensor divergence = _likeliest is { } kept
                ? Divergence.DistillationOfLikeliest(student, tensor(shares[share].SelectMany(lesson => lesson.Likeliest!).ToArray(), [student.size(0), kept], device: device), teacher)
                : Divergence.Distillation(student, teacher);
            Tensor loss = divergence.sum().DividedBy(written);
            losses[share] = loss.item<float>();
            return loss;
        });
        return losses.Sum();
    }

    private int AtOnce(int usual) => Math.Max(1, (int)(usual * _narrower));

    private Taught[] Teach(IReadOnlyList<Lesson> lessons, WeightSet weights, TextCode text, Device device)
    {
        List<Taught> taught = [];
        foreach (Lesson[] group in lessons.Chunk(AtOnce(LessonsInTeaching)))
        {
            using var scope = NewDisposeScope();
            using var frozen = no_grad();
            TrainingSequence[] teachers = [.. group.Select(lesson => Text(text, lesson.WithNotes))], students = [.. group.Select(lesson => Text(text, lesson.WithoutNotes))];
            Minibatch batch = new([.. teachers.Select(teacher => new WeighedText(teacher, 1))]);
            Tensor logits = weights.Forward(batch.Tokens(device), batch.Positions(device));
            Tensor values = logits.reshape(-1, logits.size(-1)).index_select(0, tensor(Rows(batch), device: device)); // [N, V]
            long[]? tokens = null;
            if (_likeliest is { } kept)
            {
                (values, Tensor likeliest) = values.log_softmax(-1).topk(kept); // [N, k]
                tokens = likeliest.cpu().data<long>().ToArray();
            }

            float[] rows = values.cpu().data<float>().ToArray();
            int width = (int)values.size(-1), next = 0;
            for (int index = 0; index < group.Length; index++)
            {
                int length = teachers[index].Learned * width;
                if (Written(teachers[index]) is var wrote && !wrote.SequenceEqual(Written(students[index]))) throw new SocietyException($"lesson {taught.Count + 1} is not the same text with and without notes", badInput: false);
                taught.Add(new Taught(students[index], rows[next..(next + length)], tokens?[next..(next + length)]));
                next += length;
            }
        }

        return [.. taught];
    }

    private static TrainingSequence Text(TextCode code, IReadOnlyList<Segment> segments)
    {
        (int[] tokens, bool[] mask) = code.Encode(segments);
        if (tokens.Length > code.Context) throw new SocietyException($"a lesson takes {tokens.Length} tokens and model.architecture.context is {code.Context}");
        return new TrainingSequence { Tokens = tokens, Mask = mask, Role = Role.Solver };
    }

    private static IEnumerable<int> Written(TrainingSequence text) => text.Tokens.Where((_, token) => text.Mask[token]);

    /// <summary>Rows of the flattened logits [B T, V] that predict what the model wrote, text by text.</summary>
    private static long[] Rows(Minibatch batch)
    {
        List<long> rows = [];
        for (int index = 0; index < batch.Texts.Count; index++)
        {
            TrainingSequence text = batch.Texts[index].Text;
            for (int token = 1; token < text.Tokens.Length; token++)
            {
                if (text.Mask[token]) rows.Add(batch.Cell(index, token));
            }
        }

        return [.. rows];
    }

    /// <summary>What the student reads, and of what it wrote the teacher's logits, [learned, V] in rows, or the log-probabilities of its likeliest tokens, [learned, k], with their ids.</summary>
    private sealed record Taught(TrainingSequence Student, float[] Values, long[]? Likeliest);
}
