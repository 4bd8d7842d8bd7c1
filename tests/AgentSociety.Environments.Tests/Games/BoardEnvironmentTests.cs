using AgentSociety.Core;
using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Environments.Games;
using CsCheck;

namespace AgentSociety.Environments.Tests.Games;

public class BoardEnvironmentTests
{
    private static readonly BoardEnvironment[] Boards =
    [
        .. from game in new IGame[] { new TicTacToe(), new ConnectFour(4, 4), new Nim(3, 4, 5) } from opponent in new[] { Opponent.Perfect, Opponent.Random } select new BoardEnvironment(game, new() { Opponent = opponent }, 5),
    ];

    private static readonly Gen<BoardEnvironment> AnyBoard = Gen.Int[0, 5].Select(index => Boards[index]);

    private static readonly Gen<(BoardEnvironment Board, Problem Problem, ulong Key)> Positions = Gen.Select(AnyBoard, Gen.ULong).Select((board, key) =>
    {
        KeyedRandom random = KeyedRandom.FromKey(key);
        return (board, board.Generate(random.Next(1, board.MaximumDifficulty), random), key);
    });

    private static readonly ToolAccess Nothing = new() { Notes = EmptyNotes.Instance };

    [Fact]
    public void What_is_generated_can_be_parsed() => Positions.Sample(at => Assert.Equal(at.Problem, at.Board.Parse(at.Problem.Text).Problem), iter: 500);

    [Fact]
    public void Perfect_moves_are_correct_and_sound_against_every_opponent() => Positions.Sample(at =>
    {
        PerfectPlay perfect = new();
        (IReadOnlyList<Segment> transcript, _) = ScriptedPlay.Attempt(at.Board, at.Problem, Nothing, said => Over(said) ? null : Move(at.Board, at.Problem, said, position => perfect.Best(position)[0]));
        Verdict verdict = at.Board.Verify(at.Problem, transcript);
        Assert.True(verdict.Sound, $"{at.Board.Name} {ScriptedPlay.Render(transcript)} {verdict.Reason}");
    }, iter: 300);

    [Fact]
    public void Any_legal_game_is_correct_exactly_where_it_got_what_was_sure() => Positions.Sample(at =>
    {
        KeyedRandom random = KeyedRandom.For(at.Key, "play");
        (IReadOnlyList<Segment> transcript, _) = ScriptedPlay.Attempt(at.Board, at.Problem, Nothing, said => Over(said) ? null : Move(at.Board, at.Problem, said, position => random.Choose(position.Moves)));
        Verdict verdict = at.Board.Verify(at.Problem, transcript);
        Assert.NotEqual(Outcome.Malformed, verdict.Outcome);
        char end = transcript[^1].Text[^1];
        if (end == '+') Assert.Equal(Outcome.Correct, verdict.Outcome);
        if (end == '-') Assert.Equal(Outcome.Wrong, verdict.Outcome);
        if (verdict.Steps.All(step => step.Valid)) Assert.True(verdict.Sound);
    }, iter: 500);

    [Fact]
    public void Demonstrations_follow_the_rules_and_hold_no_reserved_position() => Gen.Select(AnyBoard, Gen.ULong).Sample((board, key) =>
    {
        IReadOnlyList<Segment> solution = board.DemonstrateSolution(board.MaximumDifficulty - 1, KeyedRandom.FromKey(key));
        IReadOnlyList<Segment> proposal = board.DemonstrateProposal(board.MaximumDifficulty - 1, KeyedRandom.FromKey(key));
        Assert.All(solution.Concat(proposal), segment => Assert.All(segment.Text, character => Assert.Contains(character, board.Alphabet)));
        Problem shown = ProblemDraw.Unreserved(board.Name, board.MaximumDifficulty - 1, KeyedRandom.FromKey(key), board.Generate);
        Assert.Equal(board.SolverPrompt(shown, KeyedRandom.FromKey(key)), solution[0].Text);
        Assert.False(Reservation.Holds(board.Name, shown.CanonicalForm));
        Assert.False(Reservation.Holds(board.Name, ScriptedPlay.Problem(board, proposal[1].Text).CanonicalForm));
        Assert.Contains(solution[^1].Text[^1], "+~-");
    }, iter: 300);

    [Fact]
    public void Positions_that_a_symmetry_makes_equal_are_one_problem()
    {
        BoardEnvironment[] boards = [new(new TicTacToe(), new(), 1), new(new TicTacToe(canonical: true), new(), 1)];
        // The corner, then the middle: a board has four such openings, all mirror images.
        string[] openings = ["15=", "35=", "75=", "95="];
        Assert.All(boards, board => Assert.Single(openings.Select(opening => ScriptedPlay.Problem(board, opening).CanonicalForm).Distinct()));
        Assert.Equal(4, openings.Select(opening => Shown(boards[0], opening)).Distinct().Count());
        Assert.Single(openings.Select(opening => Shown(boards[1], opening)).Distinct());
        Assert.NotEqual(ScriptedPlay.Problem(boards[0], "15=").CanonicalForm, ScriptedPlay.Problem(boards[0], "12=").CanonicalForm);

        // Heaps of two, three and four, once with the first player to move and once with the second.
        BoardEnvironment nim = new(new Nim(3, 4, 5), new() { Opponent = Opponent.PastSelf }, 1);
        Assert.Equal(ScriptedPlay.Problem(nim, "a1b1c1=").CanonicalForm, ScriptedPlay.Problem(nim, "a1c2=").CanonicalForm);
        Assert.NotEqual(ScriptedPlay.Problem(nim, "a1b2=").CanonicalForm, ScriptedPlay.Problem(nim, "a1c2=").CanonicalForm);

        static string Shown(BoardEnvironment board, string problem) => board.SolverPrompt(ScriptedPlay.Problem(board, problem), KeyedRandom.For(1, "shown"));
    }

    [Fact]
    public void Nim_is_played_with_the_heaps_that_the_scenario_names()
    {
        IMeasuredPlay nim = new BoardEnvironment(Nim.Of(new() { Heaps = "777" }), new() { Heaps = "777", OneMove = true }, 1);
        // Positions from which somebody wins, by Bouton's rule, once for either player to move; two moves at least have been made, so that neither the beginning nor what one move leaves is posed.
        int won = Enumerable.Range(0, 512).Count(heaps => ((heaps >> 6) ^ ((heaps >> 3) & 7) ^ (heaps & 7)) != 0);
        Assert.InRange(nim.Decisions.Count, won, 2 * won);
        Assert.Contains(nim.Decisions, decision => decision.Prompt.Contains("567x", StringComparison.Ordinal));
        Assert.Contains("only nim", Assert.Throws<SocietyException>(() => new BoardEnvironment(new TicTacToe(), new() { Heaps = "777" }, 1)).Message);
        foreach (string heaps in new[] { "", "a", "0", "11", "9999999", "34 5" }) Assert.Contains("eaps", Assert.Throws<SocietyException>(() => Nim.Of(new() { Heaps = heaps })).Message);
    }

    [Fact]
    public void Crafted_games_are_never_accepted() => Positions.Sample(at =>
    {
        string[] crafted = ["", ";", "+", "+;", "1", "!;", "0;", "10;", "１;", "1 ;", " 1;", new(';', 2000), new('1', 100_000), "~", "won;", "\ud800;", "1;+"];
        Assert.All(crafted, text => Assert.NotEqual(Outcome.Correct, at.Board.Verify(at.Problem, [new(Source.Prompt, ""), new(Source.Model, text), new(Source.Tool, "+")]).Outcome));
        Assert.NotEqual(Outcome.Correct, at.Board.Verify(at.Problem, []).Outcome);
    }, iter: 100);

    [Fact]
    public void Where_one_move_is_asked_for_the_game_ends_with_it_and_the_move_alone_is_judged() => Gen.Select(Gen.Int[0, 2], Gen.Int[0, 2].Select(which => (Opponent)which), Gen.ULong).Sample((game, opponent, key) =>
    {
        BoardEnvironment board = new(new IGame[] { new TicTacToe(), new ConnectFour(4, 4), new Nim(3, 4, 5) }[game], new() { Opponent = opponent, OneMove = true }, key);
        PerfectPlay perfect = new();
        Problem problem = board.Generate(1 + (int)(key % (ulong)board.MaximumDifficulty), KeyedRandom.FromKey(key));
        IReadOnlyList<string>? best = null, moves = null;
        // Learns from the position that it is asked about which moves there are.
        Move(board, problem, "", position =>
        {
            (best, moves) = (perfect.Best(position), position.Moves);
            return position.Moves[0];
        });
        foreach (string move in moves!)
        {
            (IReadOnlyList<Segment> transcript, _) = ScriptedPlay.Attempt(board, problem, Nothing, said => said.Length == 0 ? move + ";" : null);
            Assert.Equal(3, transcript.Count);
            Assert.Contains(Assert.Single(transcript[2].Text), "+~-");
            Verdict verdict = board.Verify(problem, transcript);
            Assert.Equal(verdict.Outcome == Outcome.Correct, verdict.Steps.Single().Valid);
            if (opponent != Opponent.PastSelf) Assert.Equal(best!.Contains(move), verdict.Sound);
            Assert.Equal(Outcome.Malformed, board.Verify(problem, [.. transcript, new(Source.Model, "1;")]).Outcome);
        }
    }, iter: 200);

    [Fact]
    public void A_large_game_is_played_as_an_endgame_and_read_at_the_same_sample_in_every_run()
    {
        BoardEnvironment whole = new(new ConnectFour(4, 4, canonical: true), new() { Canonical = true, MaximumDifficulty = 5 }, 1);
        BoardEnvironment[] sampled = [.. new ulong[] { 1, 2 }.Select(seed => new BoardEnvironment(new ConnectFour(4, 4, canonical: true), new() { Canonical = true, MaximumDifficulty = 5, Measured = 300 }, seed))];
        Assert.Equal((5, 5), (whole.MaximumDifficulty, whole.Generate(5, KeyedRandom.FromKey(1)).Difficulty));
        Assert.Throws<ArgumentOutOfRangeException>(() => whole.Generate(6, KeyedRandom.FromKey(1)));
        Assert.Contains("more than 5 moves", whole.Parse("11=").Reason, StringComparison.Ordinal);
        Assert.All(whole.Decisions, decision => Assert.InRange(decision.Prompt.Count(character => character is '_' || char.IsAsciiDigit(character)), 1, 5));
        Assert.Equal(sampled[0].Decisions, sampled[1].Decisions);
        Assert.Equal(300, sampled[0].Decisions.Count);
        Assert.Equal(300, sampled[0].Decisions.Intersect(whole.Decisions).Count());
        // A sample by chance: as many of them are reserved as of all (an eighth).
        Assert.InRange(sampled[0].Decisions.Count(decision => Reservation.Holds("connect-four", decision.Prompt)), 15, 65);
        // Two prompts of a sample are not two halves of a strategy.
        Assert.Empty(FixedOpponents.Measure(sampled[0], Exploitability.Uniform));
        Assert.NotEmpty(sampled[0].Measure([.. sampled[0].Decisions.Select(_ => new Dictionary<string, double> { ["1;"] = 1 })]));
        Assert.Equal(whole.Decisions, new BoardEnvironment(new ConnectFour(4, 4, canonical: true), new() { Canonical = true, MaximumDifficulty = 5, Measured = 1_000_000 }, 1).Decisions);
    }

    [Fact]
    public void More_moves_than_the_game_has_and_a_past_self_that_is_read_at_a_sample_are_refused()
    {
        Assert.Contains("at most 14", Assert.Throws<SocietyException>(() => new BoardEnvironment(new ConnectFour(4, 4), new() { MaximumDifficulty = 15 }, 1)).Message, StringComparison.Ordinal);
        Assert.Contains("measured", Assert.Throws<SocietyException>(() => new BoardEnvironment(new TicTacToe(), new() { Opponent = Opponent.PastSelf, Measured = 10 }, 1)).Message, StringComparison.Ordinal);
        Assert.Throws<SocietyException>(() => new BoardEnvironment(new TicTacToe(), new() { MaximumDifficulty = -1 }, 1));
    }

    [Fact]
    public void Parse_is_total() => Gen.Select(AnyBoard, Gen.String).Sample((board, text) => Assert.Equal(board.Parse(text).Problem is null, board.Parse(text).Reason.Length > 0));

    [Theory, InlineData("="), InlineData("1=2="), InlineData("11="), InlineData("142536="), InlineData("14253="), InlineData("１="), InlineData("12")]
    public void Positions_that_are_none_over_or_lost_are_malformed(string text)
    {
        Assert.Null(Boards[0].Parse(text).Problem);
        Assert.NotNull(Boards[0].Parse("1425=").Problem);
    }

    private static bool Over(string said) => said.Length > 0 && said[^1] is '+' or '~' or '-' or '!';

    // Follows the game from the problem's moves and what was said since.
    private static string Move(BoardEnvironment board, Problem problem, string said, Func<IGamePosition, string> choose)
    {
        IGame game = board.Name switch { "nim" => new Nim(3, 4, 5), "tic-tac-toe" => new TicTacToe(), _ => new ConnectFour(4, 4) };
        int length = board.Name == "nim" ? 2 : 1;
        IGamePosition position = game.Deals[0].Position;
        for (int at = 0; at + 1 < problem.Text.Length; at += length) position = position.Play(problem.Text.Substring(at, length));
        foreach (string turn in said.Split('=', StringSplitOptions.RemoveEmptyEntries))
        {
            position = position.Play(turn[..length]);
            position = position.Play(turn[(length + 1)..(2 * length + 1)]);
        }

        return choose(position) + ";";
    }
}
