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
public sealed class ConsolidatorTests
{
    private static readonly PretrainSettings Material = new() { Steps = 250, Batch = 64, LearningRate = 1e-2, WarmupSteps = 10, MaximumDifficulty = 1, ProposalShare = 0 };

    [Theory]
    [InlineData(4096)]
    [InlineData(8)] // the vocabulary of 15 counts as large, and four tokens of each prediction are kept
    public void What_notes_told_is_known_without_them_after_sleep_and_reading_is_not_forgotten(int wholeVocabulary)
    {
        using LanguageModel model = LanguageModel.Create(
            new ArchitectureSettings { Width = 32, Layers = 2, Heads = 4, KeyValueHeads = 2, FeedForward = 64, Context = 16 }, new CharacterTokenizer(SecretWorld.Alphabet), 1);
        new Pretrainer(model, Material, 1).Train(new SecretWorld());
        int[] truth = SecretWorld.Secret;
        double ReadsTruth() => Enumerable.Range(0, 10).Average(digit => Says(model, digit, (char)('0' + truth[digit]), truth[digit]));
        double Remembers() => Enumerable.Range(0, 10).Average(digit => Says(model, digit, '-', truth[digit]));
        double ReadsOthers() => Enumerable.Range(0, 10).Average(digit => Says(model, digit, (char)('0' + (truth[digit] + 3) % 10), (truth[digit] + 3) % 10));
        Assert.True(ReadsTruth() > 0.9 && ReadsOthers() > 0.9, $"{ReadsTruth()} {ReadsOthers()}");
        Assert.InRange(Remembers(), 0, 0.4);

        Lesson[] lessons = [.. Enumerable.Range(0, 10).Select(digit => new Lesson(SecretWorld.Asked(digit, (char)('0' + truth[digit]), truth[digit]), SecretWorld.Asked(digit, '-', truth[digit])))];
        ConsolidationSettings settings = new() { Steps = 150, Batch = 32, LearningRate = 5e-3, ReplayShare = 0.25 };
        (double before, double after) = new Consolidator(model, settings, Material, 1, wholeVocabulary, likeliest: 4).Sleep(lessons, new SecretWorld());
        Assert.True(Remembers() > 0.65, $"{Remembers()}");
        Assert.True(ReadsOthers() > 0.85, $"{ReadsOthers()}");
        Assert.True(after < before / 3, $"{before} {after}");
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

    /// <summary>Probability that the model answers <paramref name="answer"/> after it asked for a digit and was told <paramref name="reply"/>.</summary>
    private static double Says(LanguageModel model, int digit, char reply, int answer)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        int[] tokens = model.Tokenizer.Encode($"{digit}:{digit}?{reply}#");
        Tensor logits = model.Decoder.Forward(tensor(tokens.Select(token => (long)token).ToArray()).unsqueeze(0), arange(tokens.Length).unsqueeze(0));
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
