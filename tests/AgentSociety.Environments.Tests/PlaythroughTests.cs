using System.Text;
using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Records;
using AgentSociety.Environments.Arithmetic;
using AgentSociety.Environments.Code;
using AgentSociety.Environments.Games;
using AgentSociety.Environments.Laws;
using AgentSociety.Environments.Tests.Laws;

namespace AgentSociety.Environments.Tests;

/// <summary>What each environment says and answers, in files that people read: a change of rules shows up as their diff.</summary>
public class PlaythroughTests
{
    [Fact]
    public void Hidden_operators_play_as_recorded()
    {
        LawEnvironment environment = HiddenLaws.Operators(new() { Operators = 4, MaximumDifficulty = 6 }, 7);
        StringBuilder told = new();
        Describe(told, environment);
        ToolAccess access = new() { Notes = new PagesInMemory(("notes/operator-c", $"what c does\nc4={environment.Reply("c4")}\nc9=?\n")), Experiments = 1 };
        Attempt(told, environment, "ac4=", access, "c4?", "a{0}?", "a{0}!", "a{1}{0};#{0}");
        Attempt(told, environment, "dac4=", access, "c4?", "a{0}?", "a{0}!", "d{0}?", "d{0}!", "#{0}");
        Attempt(told, environment, "ac4=", access, "#3");
        Attempt(told, environment, "ac4=", access, "hello? c4");
        Demonstrations(told, environment);
        GoldenFile.Matches("hidden-operators.txt", told.ToString());
    }

    [Theory, InlineData("state-machine", "a03="), InlineData("cellular-rules", "b.oo.o="), InlineData("grid-rules", ".oo/o.o/...c="), InlineData("hidden-grammar", "ab1=")]
    public void Hidden_laws_play_as_recorded(string name, string text)
    {
        EnvironmentEntry entry = EnvironmentCatalog.Find(name)!;
        LawEnvironment environment = (LawEnvironment)entry.Create(Activator.CreateInstance(entry.OptionsType)!, 7);
        StringBuilder told = new();
        Describe(told, environment);
        foreach (FactPage page in environment.Facts.Take(2)) told.Append($"facts {page.Page}: {string.Join(' ', page.Lines)}\n");
        Problem problem = ScriptedPlay.Problem(environment, text);
        (IReadOnlyList<Segment> transcript, _) = LawOracle.Play(environment, problem, new() { Notes = new PagesInMemory((environment.Facts[0].Page, string.Join('\n', environment.Facts[0].Lines))), Experiments = 9 });
        told.Append($"\nattempt {ScriptedPlay.Render(transcript)}\n");
        Judge(told, environment, problem, transcript);
        Demonstrations(told, environment);
        GoldenFile.Matches($"{name}.txt", told.ToString());
    }

    [Fact]
    public void Arithmetic_plays_as_recorded()
    {
        ArithmeticEnvironment environment = new(new() { Operations = "+-*", MaximumDifficulty = 4 });
        StringBuilder told = new();
        Describe(told, environment);
        ToolAccess nothing = new() { Notes = EmptyNotes.Instance };
        Attempt(told, environment, "734+58=", nothing, "b4812c3509d7007e0000#");
        Attempt(told, environment, "734+58=", nothing, "792#");
        Demonstrations(told, environment);
        GoldenFile.Matches("arithmetic.txt", told.ToString());
    }

    [Theory]
    [InlineData("expressions", "(3+4)*5-6/4=", "7*5-6/4=35-6/4=35-3/2=67/2#", "7*5-6/4=35-6/4=29/4#")]
    [InlineData("word-problems", "Ada has 12 apples. Ada gets 5 more. Ada keeps one of 2 equal shares. How many apples has Ada now?", "12 + 5 = 17\n17 / 2 = 17/2\n#### 17/2", "#### 8.5")]
    [InlineData("kuhn-poker", "x17=", "b;", "hello;")]
    [InlineData("haggling", "o3=", "y;", "n;"), InlineData("goofspiel", "o3=", "1;", "2;")]
    [InlineData("relay", "AA1=", "AA13;#3", "#3")]
    public void Worked_problems_play_as_recorded(string name, string text, params string[] answers)
    {
        EnvironmentEntry entry = EnvironmentCatalog.Find(name)!;
        IEnvironment environment = entry.Create(Activator.CreateInstance(entry.OptionsType)!, 7);
        StringBuilder told = new();
        Describe(told, environment);
        foreach (string answer in answers) Attempt(told, environment, text, new() { Notes = EmptyNotes.Instance }, answer);
        foreach (WorkPart part in (environment as IOrganisation)?.Plan(ScriptedPlay.Problem(environment, text)) ?? []) told.Append($"part {part.Problem.Text} {part.Role} needs {part.Needs ?? "nothing"} hands on {part.Fact} on {part.Page}\n");
        Demonstrations(told, environment);
        GoldenFile.Matches($"{name}.txt", told.ToString());
    }

    [Theory, InlineData("tic-tac-toe", "15=", "9;"), InlineData("connect-four", "11=", "2;"), InlineData("nim", "a2b2=", "c4;")]
    public void Board_games_play_as_recorded(string name, string position, string move)
    {
        IEnvironment environment = EnvironmentCatalog.Find(name)!.Create(new GameOptions(), 3);
        StringBuilder told = new();
        Describe(told, environment);
        Attempt(told, environment, position, new() { Notes = EmptyNotes.Instance }, move);
        Attempt(told, environment, position, new() { Notes = EmptyNotes.Instance }, "hello;");
        Demonstrations(told, environment);
        GoldenFile.Matches($"{name}.txt", told.ToString());
    }

    [Fact]
    public void Code_plays_as_recorded()
    {
        CodeEnvironment environment = new(new() { MaximumDifficulty = 5 });
        StringBuilder told = new();
        Describe(told, environment);
        ToolAccess nothing = new() { Notes = EmptyNotes.Instance };
        Attempt(told, environment, "deduce\nfunction f(x){return x.map(y=>y+1)}\nin: [1,2]", nothing, "[2,3]");
        Attempt(told, environment, "abduce\nfunction f(x){return x.length}\nin: \"abc\"", nothing, "[0,0,0]");
        Attempt(told, environment, "induce\nfunction f(x){return x*x}\nin: 1\nin: 2\nin: 3\nin: 4", nothing, "function f(x){return x+2}");
        Demonstrations(told, environment);
        GoldenFile.Matches("code.txt", told.ToString());
    }

    [Fact]
    public void Code_in_few_characters_plays_as_recorded()
    {
        CodeEnvironment environment = new(new() { MaximumDifficulty = 5, Language = CodeLanguage.Restricted, EarlierShown = 2 });
        StringBuilder told = new();
        Describe(told, environment);
        ToolAccess nothing = new() { Notes = EmptyNotes.Instance };
        Attempt(told, environment, "d(x+3)*2,9=", nothing, "24");
        Attempt(told, environment, "ax%7,9=", nothing, "2");
        Attempt(told, environment, "ix<5?x:x*2,1,7,3,9=", nothing, "x*2");
        Demonstrations(told, environment);
        GoldenFile.Matches("code-restricted.txt", told.ToString());
    }

    [Fact]
    public void Code_that_shows_its_work_plays_as_recorded()
    {
        CodeEnvironment environment = new(new() { MaximumDifficulty = 5, Language = CodeLanguage.Restricted, Trace = true });
        StringBuilder told = new();
        Describe(told, environment);
        ToolAccess nothing = new() { Notes = EmptyNotes.Instance };
        Attempt(told, environment, "d(x+3)*2,9=", nothing, "9+3=12,12*2=24#24");
        Attempt(told, environment, "d(x+3)*2,9=", nothing, "9+3=13,13*2=26#24");
        Attempt(told, environment, "a(x+3)*2,9=", nothing, "12*2=24,9+3=12#9");
        Attempt(told, environment, "dx<5?x:x*2,8=", nothing, "8<5=false,8*2=16#16");
        Demonstrations(told, environment);
        GoldenFile.Matches("code-traced.txt", told.ToString());
    }

    [Fact]
    public void Every_game_plays_as_recorded()
    {
        StringBuilder told = new();
        foreach (IGame game in EnvironmentCatalog.Games)
        {
            KeyedRandom random = KeyedRandom.For(2, game.Name);
            IGamePosition position = random.Choose(game.Deals).Position;
            told.Append($"game {game.Name}\n");
            while (position.Mover >= 0)
            {
                string move = random.Choose(position.Moves);
                told.Append($"  {position.Mover} sees {position.View(position.Mover)} may {string.Join(' ', position.Moves)} plays {move}\n");
                position = position.Play(move);
            }

            told.Append($"  payoff {position.Payoff}\n");
        }

        GoldenFile.Matches("games.txt", told.ToString());
    }

    [Fact]
    public void Decisions_are_shown_as_recorded()
    {
        StringBuilder told = new();
        foreach (IMeasuredPlay play in new IMeasuredPlay[] { new DealEnvironment(new KuhnPoker(), new() { Opponent = Stranger.PastSelves }, 7), new BoardEnvironment(new Nim(3, 4, 5), new(), 7), new BoardEnvironment(new TicTacToe(), new() { OneMove = true }, 7) })
        {
            told.Append($"{((IEnvironment)play).Name}, {play.Decisions.Count} decisions\n");
            foreach (DecisionPoint decision in play.Decisions.Take(12)) told.Append($"  {decision.Prompt} at most {decision.Longest}\n");
            foreach (MetricRecord metric in play.Measure([.. play.Decisions.Select(_ => new Dictionary<string, double> { ["p;"] = 0.5, ["a1;"] = 0.25, ["5;"] = 0.25 })])) told.Append($"  {metric.Name} {metric.Value:0.0000}\n");
        }

        GoldenFile.Matches("decisions.txt", told.ToString());
    }

    /// <summary>Turns are written one after the other; <c>{0}</c> is the latest digit that a tool said, <c>{1}</c> the one before.</summary>
    private static void Attempt(StringBuilder told, IEnvironment environment, string text, ToolAccess access, params string[] turns)
    {
        Problem problem = ScriptedPlay.Problem(environment, text);
        int turn = 0;
        (IReadOnlyList<Segment> transcript, IToolSession? tools) = ScriptedPlay.Attempt(environment, problem, access, said =>
        {
            if (turn == turns.Length) return null;
            char[] digits = [.. said.Where((character, index) => char.IsAsciiDigit(character) && index > 0 && said[index - 1] is '?' or '!').Reverse()];
            return turns[turn++].Replace("{0}", $"{digits.ElementAtOrDefault(0)}", StringComparison.Ordinal).Replace("{1}", $"{digits.ElementAtOrDefault(1)}", StringComparison.Ordinal);
        });
        told.Append($"\nattempt {ScriptedPlay.Render(transcript)}\n");
        foreach (ToolCall call in tools?.Calls ?? []) told.Append($"  tool {call.Kind} {call.Request} -> {call.Reply} {call.Page} {call.Revision}".TrimEnd()).Append('\n');
        foreach (NoteEdit edit in tools?.Edits ?? []) told.Append($"  edit {edit.Kind} {edit.Page}: {edit.Text} ({edit.Comment})\n");
        Judge(told, environment, problem, transcript);
    }

    private static void Judge(StringBuilder told, IEnvironment environment, Problem problem, IReadOnlyList<Segment> transcript)
    {
        Verdict verdict = environment.Verify(problem, transcript);
        foreach (StepVerdict step in verdict.Steps) told.Append($"  step {transcript[step.Segment].Text.AsSpan(step.Start, step.Length)} {(step.Valid ? "valid" : "invalid")}\n");
        told.Append($"  {verdict.Outcome}{(verdict.Sound ? ", sound" : "")}: {verdict.Reason}\n");
    }

    private static void Describe(StringBuilder told, IEnvironment environment)
    {
        KeyedRandom random = KeyedRandom.For(1, "playthrough");
        told.Append($"environment {environment.Name}\nalphabet {environment.Alphabet}\n");
        told.Append($"proposer's prompt {environment.ProposerPrompt(new([1, 0.52, null, 0.07]), random)}\n");
        for (int difficulty = 1; difficulty <= environment.MaximumDifficulty; difficulty++)
        {
            Problem problem = environment.Generate(difficulty, random);
            told.Append($"difficulty {difficulty}: {problem.Text} canonical {problem.CanonicalForm} prompt {environment.SolverPrompt(problem, random)}\n");
        }
    }

    private static void Demonstrations(StringBuilder told, IEnvironment environment)
    {
        IDemonstrator demonstrator = (IDemonstrator)environment;
        told.Append("\ndemonstrations\n");
        for (int index = 0; index < 12; index++)
        {
            int difficulty = 1 + index % Math.Min(environment.MaximumDifficulty, 4);
            told.Append($"  {ScriptedPlay.Render(demonstrator.DemonstrateSolution(difficulty, KeyedRandom.For(3, "demonstration", index)))}\n");
        }

        for (int index = 0; index < 4; index++) told.Append($"  {ScriptedPlay.Render(demonstrator.DemonstrateProposal(1 + index, KeyedRandom.For(3, "proposal", index)))}\n");
    }
}
