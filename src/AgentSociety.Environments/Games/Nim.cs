using AgentSociety.Core;
using AgentSociety.Core.Environments;

namespace AgentSociety.Environments.Games;

/// <summary>Heaps of stones; a move takes some from one heap, <c>b2</c> takes two from the second; who takes the last stone wins.</summary>
/// <remarks>Won by the mover where the heaps' exclusive or is not 0 (Bouton 1901): the tests' oracle.</remarks>
public sealed class Nim : IGame
{
    /// <summary>Heaps of 3, 4 and 5 stones.</summary>
    public const string UsualHeaps = "345";

    private const int MostPositions = 20_000;

    /// <summary>Creates the game as a scenario says it.</summary>
    /// <exception cref="SocietyException">There are too few stones to pose anything, or too many positions to enumerate.</exception>
    public static Nim Of(GameOptions options)
    {
        OptionChecks.Require("nim", options);
        int[] heaps = [.. options.Heaps.Select(heap => heap - '0')];
        if (heaps.Sum() < 3) throw new SocietyException($"environment 'nim', options: heaps is {options.Heaps}; it takes three stones to pose anything");
        double positions = heaps.Aggregate(2.0, (product, heap) => product * (heap + 1));
        return positions <= MostPositions ? new(options.Canonical, heaps) : throw new SocietyException($"environment 'nim', options: heaps is {options.Heaps}, {positions:0} positions; at most {MostPositions} can be judged by enumeration");
    }

    /// <summary>Creates the game.</summary>
    /// <param name="heaps">One to nine heaps of 0 to 9 stones.</param>
    public Nim(params ReadOnlySpan<int> heaps)
        : this(canonical: false, heaps)
    {
    }

    /// <summary>Creates the game.</summary>
    /// <param name="canonical">True where the order of heaps means nothing: they are put in order of their size after every move.</param>
    /// <param name="heaps">One to nine heaps of 0 to 9 stones.</param>
    public Nim(bool canonical, params ReadOnlySpan<int> heaps)
    {
        if (heaps.Length is 0 or > 9) throw new ArgumentException($"{heaps.Length} heaps; nim needs 1 to 9", nameof(heaps));
        foreach (int heap in heaps) ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)heap, 9u, nameof(heaps));
        Deals = [new(1, new Position([.. heaps], 0, canonical))];
    }

    /// <inheritdoc />
    public string Name => "nim";

    /// <inheritdoc />
    public string Alphabet => "abcdefghi0123456789xo";

    /// <inheritdoc />
    public bool PerfectInformation => true;

    /// <inheritdoc />
    public IReadOnlyList<GameDeal> Deals { get; }

    private sealed class Position(int[] heaps, int turn, bool canonical) : IGamePosition
    {
        private string[]? _moves;

        public int Mover => Array.TrueForAll(heaps, heap => heap == 0) ? -1 : turn;

        public IReadOnlyList<string> Moves => _moves ??= [.. heaps.SelectMany((heap, index) => Enumerable.Range(1, heap).Select(taken => $"{(char)('a' + index)}{taken}"))];

        // Whoever would be to move has lost.
        public double Payoff => Mover >= 0 ? 0 : turn == 0 ? -1 : 1;

        public IGamePosition Play(string move)
        {
            if (move is not [>= 'a' and <= 'i', >= '1' and <= '9'] || move[0] - 'a' >= heaps.Length || heaps[move[0] - 'a'] < move[1] - '0') throw BoardMoves.Illegal(move, View(0));
            int[] left = [.. heaps];
            left[move[0] - 'a'] -= move[1] - '0';
            if (canonical) Array.Sort(left);
            return new Position(left, 1 - turn, canonical);
        }

        // The same for either player.
        public IGamePosition Canonical => new Position([.. heaps.Order()], 0, canonical);

        public string View(int player) => $"{string.Concat(heaps)}{(turn == 0 ? 'x' : 'o')}";
    }
}
