using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Scenarios;
using AgentSociety.Environments.Laws;
using AgentSociety.Environments.Operators;
using AgentSociety.Models;
using static TorchSharp.torch;

namespace AgentSociety.Learning.Tests;

[Collection("Torch")]
public sealed class ConsolidatorTests : IDisposable
{
    private static readonly PretrainSettings Material = new() { Steps = 250, Batch = 64, LearningRate = 1e-2, WarmupSteps = 10, MaximumDifficulty = 1, ProposalShare = 0 };

    private readonly string _folder = Directory.CreateTempSubdirectory("sleep-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(4096)]
    [InlineData(8)] // the vocabulary of 15 counts as large, and four tokens of each prediction are kept
    public void What_notes_told_is_known_without_them_after_sleep_and_reading_is_not_forgotten(int wholeVocabulary)
    {
        using LanguageModel model = Model();
        new Pretrainer(model, Material, 1).Train(new SecretWorld());
        int[] truth = SecretWorld.Secret;
        Lesson[] lessons = Lessons();
        double ReadsTruth() => Enumerable.Range(0, 10).Average(digit => Says(model, digit, (char)('0' + truth[digit]), truth[digit]));
        double Remembers() => Enumerable.Range(0, 10).Average(digit => Says(model, digit, '-', truth[digit]));
        double ReadsOthers() => Enumerable.Range(0, 10).Average(digit => Says(model, digit, (char)('0' + (truth[digit] + 3) % 10), (truth[digit] + 3) % 10));
        Assert.True(ReadsTruth() > 0.9 && ReadsOthers() > 0.9, $"{ReadsTruth()} {ReadsOthers()}");
        Assert.InRange(Remembers(), 0, 0.4);

        ConsolidationSettings settings = new() { Steps = 150, Batch = 32, LearningRate = 5e-3, ReplayShare = 0.25 };
        (double before, double after) = new Consolidator(model, settings, Material, 1, wholeVocabulary, likeliest: 4).Sleep(lessons, new SecretWorld());
        Assert.True(Remembers() > 0.65, $"{Remembers()}");
        Assert.True(ReadsOthers() > 0.85, $"{ReadsOthers()}");
        Assert.True(after < before / 3, $"{before} {after}");
    }

    [Fact]
    public void An_adapter_learns_by_heart_what_notes_told_and_the_shared_weights_keep_their_bits()
    {
        using LanguageModel model = Model();
        new Pretrainer(model, Material, 1).Train(new SecretWorld());
        Adapter adapter = model.AddAdapter("solver", new LoraSettings { Rank = 16, Alpha = 32 }, 1);
        int[] truth = SecretWorld.Secret;
        float[] shared = Values(model.Decoder.Parameters);
        double Remembers(Adapter? with) => Enumerable.Range(0, 10).Average(digit => Says(model, digit, '-', truth[digit], with));
        double Reads(int shift) => Enumerable.Range(0, 10).Average(digit => Says(model, digit, (char)('0' + (truth[digit] + shift) % 10), (truth[digit] + shift) % 10, adapter));
        double without = Remembers(adapter), reading = Reads(0);
        ConsolidationSettings settings = new() { Steps = 200, Batch = 32, LearningRate = 2e-2, ReplayShare = 0.25 };
        new Consolidator(model, settings, Material, 1) { Adapter = "solver" }.Sleep(Lessons(), new SecretWorld());
        double after = Remembers(adapter);
        Assert.True((after - without) / (reading - without) > 0.6, $"{without} {reading} {after}");
        Assert.True(Reads(3) > 0.85, $"{Reads(3)}");
        Assert.Equal(shared, Values(model.Decoder.Parameters));
        Assert.InRange(Remembers(null), 0, 0.4);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_sleep_that_was_stopped_twice_ends_with_the_weights_of_one_that_was_not(bool adapter)
    {
        ConsolidationSettings settings = new() { Steps = 6, Batch = 8, LearningRate = 1e-2 };
        float[] Sleep(FineTuneState? state, int until, List<int> steps)
        {
            using LanguageModel model = Model();
            if (adapter) model.AddAdapter("solver", new LoraSettings(), 1);
            using CancellationTokenSource stop = new();
            Consolidator consolidator = new(model, settings, Material, 1) { Adapter = adapter ? "solver" : null, State = state };
            Exception? end = Record.Exception(() => consolidator.Sleep(Lessons(), new SecretWorld(), told =>
            {
                steps.Add(told.Step);
                Assert.Equal(6, told.Steps);
                Assert.True(double.IsFinite(told.Loss) && told.TokensPerSecond > 0);
                if (told.Step == until) stop.Cancel();
            }, stop.Token));
            Assert.Equal(until < 6, end is OperationCanceledException);
            return Values(adapter ? model.Adapters["solver"].Parameters : model.Decoder.Parameters);
        }

        FineTuneState state = new(Path.Combine(_folder, "state.safetensors"));
        List<int> steps = [];
        foreach (int until in (int[])[1, 4])
        {
            Sleep(state, until, steps);
            Assert.True(state.Exists);
        }

        float[] resumed = Sleep(state, 6, steps);
        Assert.Equal([1, 2, 3, 4, 5, 6], steps);
        Assert.Equal(Sleep(null, 6, []), resumed);
    }

    [Fact]
    public void A_lesson_puts_in_what_the_tools_say_of_an_empty_scratchpad()
    {
        LawEnvironment world = HiddenLaws.Operators(new HiddenOperatorsOptions(), 1);
        Problem problem = world.Parse("ba4=").Problem!;
        Segment[] transcript = [new(Source.Prompt, "ba4="), new(Source.Model, "a4?"), new(Source.Tool, "7"), new(Source.Model, "a47;b7?"), new(Source.Tool, "1"), new(Source.Model, "#1")];
        Lesson lesson = Lesson.Of(world, problem, transcript);
        Assert.Equal(transcript, lesson.WithNotes);
        Assert.Equal(["ba4=", "a4?", "-", "a47;b7?", "-", "#1"], lesson.WithoutNotes.Select(segment => segment.Text));
    }

    [Fact]
    public void Nothing_to_consolidate_is_said_so()
    {
        using LanguageModel model = LanguageModel.Create(new ArchitectureSettings { Context = 16 }, new CharacterTokenizer(SecretWorld.Alphabet), 1);
        Consolidator consolidator = new(model, new ConsolidationSettings { Steps = 1 }, Material, 1);
        Assert.Contains("nothing to consolidate", Assert.Throws<SocietyException>(() => consolidator.Sleep([], null)).Message);
        Lesson torn = new(SecretWorld.Asked(1, '2', 2), SecretWorld.Asked(1, '-', 3));
        Assert.Contains("not the same text", Assert.Throws<SocietyException>(() => consolidator.Sleep([torn], null)).Message);
    }

    private static LanguageModel Model() => LanguageModel.Create(
        new ArchitectureSettings { Width = 32, Layers = 2, Heads = 4, KeyValueHeads = 2, FeedForward = 64, Context = 16 }, new CharacterTokenizer(SecretWorld.Alphabet), 1);

    /// <summary>Every digit's secret, read and not read.</summary>
    private static Lesson[] Lessons() =>
        [.. SecretWorld.Secret.Select((secret, digit) => new Lesson(SecretWorld.Asked(digit, (char)('0' + secret), secret), SecretWorld.Asked(digit, '-', secret)))];

    private static float[] Values(IEnumerable<(string Name, Tensor Weight)> weights) => [.. weights.SelectMany(weight => weight.Weight.data<float>().ToArray())];

    /// <summary>Probability that the model answers <paramref name="answer"/> after it asked for a digit and was told <paramref name="reply"/>.</summary>
    private static double Says(LanguageModel model, int digit, char reply, int answer, Adapter? adapter = null)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        int[] tokens = model.Tokenizer.Encode($"{digit}:{digit}?{reply}#");
        Tensor logits = model.Decoder.Forward(tensor(tokens.Select(token => (long)token).ToArray()).unsqueeze(0), arange(tokens.Length).unsqueeze(0), adapter);
        return logits[0, -1].softmax(-1)[model.Tokenizer.Encode(answer.ToString())[0]].item<float>();
    }

    /// <summary>Each digit has a secret; a demonstration asks for it, is told (in a world made up on the spot) or not, and says it or guesses.</summary>
    private sealed class SecretWorld : IDemonstrator
    {
        public const string Alphabet = "0123456789:?#-";

        public static int[] Secret { get; } = KeyedRandom.For(7, "secret").Permutation(10);

        public static Segment[] Asked(int digit, char reply, int answer) =>
            [new(Source.Prompt, $"{digit}:"), new(Source.Model, $"{digit}?"), new(Source.Tool, reply.ToString()), new(Source.Model, $"#{answer}")];

        public IReadOnlyList<Segment> DemonstrateSolution(int difficulty, KeyedRandom random)
        {
            (int digit, int secret) = (random.Next(10), random.Next(10));
            return Asked(digit, random.Next(4) == 0 ? '-' : (char)('0' + secret), secret);
        }

        public IReadOnlyList<Segment> DemonstrateProposal(int difficulty, KeyedRandom random) => DemonstrateSolution(difficulty, random);
    }
}
