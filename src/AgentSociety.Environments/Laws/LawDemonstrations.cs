using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;

namespace AgentSociety.Environments.Laws;

/// <summary>Base material: how problems are posed and walked, each in a world of its own that is forgotten at once.</summary>
/// <param name="law">The law.</param>
/// <param name="knownShare">Share of demonstrations in which every fact is in the notes.</param>
/// <param name="experimentShare">Share in which some facts are missing and experiments fill the gaps; the rest guess when they run out of them.</param>
sealed class LawDemonstrations(ILaw law, double knownShare, double experimentShare)
{
    public IReadOnlyList<Segment> Solution(int difficulty, KeyedRandom random)
    {
        Problem problem = Unreserved(difficulty, random);
        string[] world = law.Draw(_ => random);
        double kind = random.NextDouble();
        bool known = kind < knownShare, enough = kind < knownShare + experimentShare;
        double share = known ? 1 : random.NextDouble();
        int steps = LawText.Solve(law, problem.Text, world).Steps;
        int experiments = enough ? steps : random.Next(2) == 0 ? 0 : random.Next(steps);
        return new Walk(law, problem.Text, world, share, experiments, random).Show();
    }

    /// <summary>An attempt and its review. Half of the attempts lose their way once and go on from there, as agents do: from then on hardly a step follows.</summary>
    public IReadOnlyList<Segment> Review(int difficulty, KeyedRandom random)
    {
        Problem problem = Unreserved(difficulty, random);
        string[] world = law.Draw(_ => random);
        int steps = LawText.Solve(law, problem.Text, world).Steps;
        int astray = random.Next(2) == 0 ? random.Next(steps) : -1;
        return LawReviews.Demonstrate(law, problem.Text, world, new Walk(law, problem.Text, world, random.NextDouble(), random.Next(steps + 1), random) { Astray = astray }.Show(), random);
    }

    /// <summary>The prompt describes a society whose edge lies at this difficulty: easier problems are solved more often, harder ones less.</summary>
    public IReadOnlyList<Segment> Proposal(int difficulty, KeyedRandom random)
    {
        Problem problem = Unreserved(difficulty, random);
        Frontier frontier = FrontierAt.Edge(difficulty, law.MaximumDifficulty, random);
        return [new(Source.Prompt, LawText.ProposerPrompt(frontier, law.MaximumDifficulty)), new(Source.Model, problem.Text)];
    }

    private Problem Unreserved(int difficulty, KeyedRandom random) => ProblemDraw.Unreserved(law.Name, difficulty, random, law.Generate);

    /// <summary>A walk that is flawless, or asks one wrong question and believes its reply, with tools that know a share of the facts.</summary>
    private sealed class Walk(ILaw law, string problem, string[] world, double share, int experiments, KeyedRandom random)
    {
        private readonly List<Segment> _shown = [new(Source.Prompt, law.Prompt(problem))];
        private readonly ILawWalk _walk = law.Begin(problem);
        private readonly Dictionary<int, bool> _known = [];
        private string _written = "";
        private int _experiments = experiments;
        private int _asked;

        /// <summary>The question, counted from 0, in whose place another is asked; less than 0 for none.</summary>
        public int Astray { get; init; } = -1;

        public List<Segment> Show()
        {
            while (_walk.Due >= 0)
            {
                if (!Step(_walk.Due)) return Finish(_walk.Guess(random));
            }

            if (_walk.HandsOn >= 0) _written += $"{law.Question(_walk.HandsOn)}{_walk.Answer}{LawText.Note}";
            return Finish(_walk.Answer);
        }

        private bool Step(int question)
        {
            if (_asked++ == Astray) question = Near(question);
            string asked = law.Question(question), reply = world[question];
            if (!_known.TryGetValue(question, out bool known)) known = _known[question] = random.NextDouble() < share;
            Ask($"{asked}{LawText.Look}", known ? reply : $"{LawText.Unknown}");
            if (!known)
            {
                bool tried = _experiments > 0 && law.Testable(problem, question);
                Ask($"{asked}{LawText.Experiment}", tried ? reply : $"{LawText.Unknown}");
                if (!tried) return false;
                _experiments--;
                _known[question] = true;
                _written = $"{asked}{reply}{LawText.Note}";
            }

            _walk.Take(reply);
            // What is left may be a problem that is kept for tests: it is solved on the way, and not written down as one.
            if (_walk.Rest is { } rest && !(law.Parse(rest).Problem is { } left && Reservation.Holds(law.Name, left.CanonicalForm))) _written += rest;
            return true;
        }

        /// <summary>A question that could be mistaken for another: it shares a symbol with it where a few draws find one.</summary>
        private int Near(int question)
        {
            string due = law.Question(question);
            int other = question;
            for (int draw = 0; draw < 20 && (other == question || !law.Question(other).Any(due.Contains)); draw++) other = random.Next(world.Length);
            return other;
        }

        private void Ask(string call, string reply)
        {
            _shown.Add(new(Source.Model, _written + call));
            _shown.Add(new(Source.Tool, reply));
            _written = "";
        }

        private List<Segment> Finish(string answer)
        {
            _shown.Add(new(Source.Model, $"{_written}{LawText.Answer}{answer}"));
            return _shown;
        }
    }
}
