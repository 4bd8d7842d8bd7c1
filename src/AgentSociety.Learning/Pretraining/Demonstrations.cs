using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Scenarios;

namespace AgentSociety.Learning;

/// <summary>Draws base material from an environment and makes it into texts to imitate.</summary>
/// <param name="material">The environment that shows how it is done.</param>
/// <param name="text">How text becomes tokens.</param>
/// <param name="settings">Difficulties, shares and smoothing.</param>
/// <param name="gaps">Gaps between the positions of each text.</param>
internal sealed class Demonstrations(IDemonstrator material, TextCode text, PretrainSettings settings, PositionGaps gaps)
{
    /// <summary>One text; what the model is to write, and the end of text, is learned, what prompts and tools say is not.</summary>
    public TrainingSequence Draw(KeyedRandom random)
    {
        bool proposal = random.NextDouble() < settings.ProposalShare;
        int difficulty = random.Next(1, settings.MaximumDifficulty);
        IReviewed? reviewed = !proposal && settings.ReviewShare > 0 && material is IReviewed able && random.NextDouble() < settings.ReviewShare ? able : null;
        IReadOnlyList<Segment> segments = proposal ? material.DemonstrateProposal(difficulty, random)
            : reviewed?.DemonstrateReview(difficulty, random) ?? material.DemonstrateSolution(difficulty, random);
        (int[] tokens, bool[] mask) = text.Encode(segments);
        if (tokens.Length > text.Context)
        {
            throw new SocietyException(
                $"a demonstration of difficulty {difficulty} takes {tokens.Length} tokens and model.architecture.context is {text.Context}; raise it or lower pretrain.maximumDifficulty");
        }

        return new TrainingSequence
        {
            Tokens = tokens,
            Mask = mask,
            Role = proposal ? Role.Proposer : reviewed is null ? Role.Solver : Role.Critic,
            Positions = text.Positions(tokens.Length, gaps, random),
            Smoothing = proposal ? settings.ProposalSmoothing : settings.SolutionSmoothing,
        };
    }
}
