using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;

namespace AgentSociety.Environments.Operators;

/// <summary>Base material: how chains are posed and walked, each in a world of its own that is forgotten at once.</summary>
sealed class OperatorDemonstrations(HiddenOperatorsOptions options, HiddenOperatorsEnvironment environment)
{
    public IReadOnlyList<Segment> Solution(int difficulty, KeyedRandom random)
    {
        Problem problem = Unreserved(difficulty, random);
        OperatorWorld world = OperatorWorld.Imagined(options.Operators, random);
        double kind = random.NextDouble();
        bool known = kind < options.DemonstrateKnown;
        bool enough = kind < options.DemonstrateKnown + options.DemonstrateExperiments;
        double share = known ? 1 : random.NextDouble();
        int experiments = enough ? difficulty : random.Next(2) == 0 ? 0 : random.Next(difficulty);
        Walk walk = new(world, share, experiments, random);
        return walk.Show(problem.Text);
    }

    /// <summary>The prompt describes a society whose edge lies at this difficulty: easier problems are solved more often, harder ones less.</summary>
    public IReadOnlyList<Segment> Proposal(int difficulty, KeyedRandom random)
    {
        Problem problem = Unreserved(difficulty, random);
        Frontier frontier = FrontierAt.Edge(difficulty, options.MaximumDifficulty, random);
        return [new(Source.Prompt, environment.ProposerPrompt(frontier, random)), new(Source.Model, problem.Text)];
    }

    private Problem Unreserved(int difficulty, KeyedRandom random)
    {
        while (true)
        {
            Problem problem = environment.Generate(difficulty, random);
            if (!Reservation.Holds(HiddenOperatorsEnvironment.EnvironmentName, problem.CanonicalForm)) return problem;
        }
    }

    /// <summary>A flawless walk through one chain, with tools that know a share of the facts.</summary>
    private sealed class Walk(OperatorWorld world, double share, int experiments, KeyedRandom random)
    {
        private readonly List<Segment> _shown = [];
        private readonly Dictionary<(char Name, int Digit), bool> _known = [];
        private string _written = "";

        public List<Segment> Show(string problem)
        {
            _shown.Add(new(Source.Prompt, problem));
            int digit = problem[^2] - '0';
            for (int index = problem.Length - 3; index >= 0; index--)
            {
                if (Step(problem[index], digit)) digit = world.Apply(problem[index], digit);
                else return Finish(random.Next(10));
            }

            return Finish(digit);
        }

        private bool Step(char name, int digit)
        {
            char result = OperatorText.Digit(world.Apply(name, digit));
            if (!_known.TryGetValue((name, digit), out bool known)) known = _known[(name, digit)] = random.NextDouble() < share;
            Ask($"{name}{digit}{OperatorText.Look}", known ? result : OperatorText.Unknown);
            if (known) return true;
            Ask($"{name}{digit}{OperatorText.Experiment}", experiments > 0 ? result : OperatorText.Unknown);
            if (experiments == 0) return false;
            experiments--;
            _known[(name, digit)] = true;
            _written = $"{name}{digit}{result}{OperatorText.Note}";
            return true;
        }

        private void Ask(string call, char reply)
        {
            _shown.Add(new(Source.Model, _written + call));
            _shown.Add(new(Source.Tool, reply.ToString()));
            _written = "";
        }

        private List<Segment> Finish(int digit)
        {
            _shown.Add(new(Source.Model, $"{_written}{OperatorText.Answer}{digit}"));
            return _shown;
        }
    }
}
