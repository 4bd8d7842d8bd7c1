using AgentSociety.Core.Environments;
using AgentSociety.Environments.Arithmetic;
using AgentSociety.Environments.Code;
using AgentSociety.Environments.DataSets;
using AgentSociety.Environments.Expressions;
using AgentSociety.Environments.Games;
using AgentSociety.Environments.Laws;
using AgentSociety.Environments.Operators;
using AgentSociety.Environments.Organisations;
using AgentSociety.Environments.WordProblems;
using AgentSociety.Environments.Yours;

namespace AgentSociety.Environments;

/// <summary>The environments that a scenario can name.</summary>
public static class EnvironmentCatalog
{
    // One of each for all environments: its equilibrium is worked out once.
    private static readonly KuhnPoker KuhnPoker = new();
    private static readonly Haggling Haggling = new();
    private static readonly Goofspiel Goofspiel = new();

    /// <summary>All of them, in the order in which a listing shows them.</summary>
    public static IReadOnlyList<EnvironmentEntry> All { get; } =
    [
        Entry<HiddenOperatorsOptions>(OperatorLaw.LawName, "Chains of unknown operators: facts live in notes, long chains in weights.", HiddenLaws.Operators),
        Entry<MachineOptions>(MachineLaw.LawName, "A machine with hidden wiring: what does it give out for what it is fed?", HiddenLaws.Machine),
        Entry<RingOptions>(RingLaw.LawName, "Rings of cells and unknown rules that renew them: what becomes of the ring?", HiddenLaws.Rings),
        Entry<GridOptions>(GridLaw.LawName, "A grid whose rows are renewed one by one under a hidden rule for cells and their neighbours: what is it then?", HiddenLaws.Grid),
        Entry<GrammarOptions>(GrammarLaw.LawName, "A hidden grammar that rewrites strings: what has the string become?", HiddenLaws.Grammar),
        Entry<RelayOptions>(RelayLaw.LawName, "Jobs that specialists work on leg by leg, handing results on in notes.", static (options, seed) => new RelayEnvironment(options, seed)),
        Entry<ArithmeticOptions>(ArithmeticEnvironment.EnvironmentName, "Sums, differences and products of long numbers, worked out column by column.", static (options, _) => new ArithmeticEnvironment(options)),
        Entry<ExpressionsOptions>(ExpressionsEnvironment.EnvironmentName, "Expressions with parentheses, quotients and residues, worked out by one operation at a time.", static (options, _) => new ExpressionsEnvironment(options)),
        Entry<WordProblemsOptions>(WordProblemsEnvironment.EnvironmentName, "Short stories about how many, answered exactly, fractions included.", static (options, _) => new WordProblemsEnvironment(options)),
        Entry<CodeOptions>(CodeEnvironment.EnvironmentName, "JavaScript in a sandbox: predict an output, find an input, write the program.", static (options, _) => new CodeEnvironment(options)),
        Entry<GameOptions>("tic-tac-toe", "Play on from a position against a fixed opponent, and lose nothing.", static (options, seed) => new BoardEnvironment(new TicTacToe(options.Canonical), options, seed)),
        Entry<GameOptions>("connect-four", "Four in a row on a board of four by four, small enough to be solved.", static (options, seed) => new BoardEnvironment(new ConnectFour(4, 4, options.Canonical), options, seed)),
        Entry<GameOptions>("nim", "Heaps of stones; who takes the last one wins.", static (options, seed) => new BoardEnvironment(Nim.Of(options), options, seed)),
        Entry<DealOptions>("kuhn-poker", "Poker with three cards: decide as well as can be against an opponent whose card is hidden.", static (options, seed) => new DealEnvironment(KuhnPoker, options, seed)),
        Entry<DealOptions>("haggling", "Buyer and seller agree on a price, each knowing only what it is worth to himself.", static (options, seed) => new DealEnvironment(Haggling, options, seed)),
        Entry<DealOptions>("goofspiel", "Sealed bids for prizes, both at the same time: three cards each, a card is bid once.", static (options, seed) => new DealEnvironment(Goofspiel, options, seed)),
        Entry<DataSetOptions>(DataSetEnvironment.EnvironmentName, "Questions of a JSONL file with numbers as answers, such as GSM8K.", static (options, _) => new DataSetEnvironment(options)),
        Entry<PluginOptions>("plugin", "Yours: a class in a .NET library, by path and type name.", PluginEnvironment.Load),
        Entry<ExternalOptions>("external", "Yours: a program in any language that answers JSON lines.", ExternalEnvironment.Start),
    ];

    /// <summary>The two-player games that strategies can be measured in, board games and games of hidden information.</summary>
    public static IReadOnlyList<IGame> Games { get; } = [new TicTacToe(), new ConnectFour(), new Nim(3, 4, 5), KuhnPoker, Haggling, Goofspiel];

    /// <summary>The entry of this name; null where there is none.</summary>
    public static EnvironmentEntry? Find(string name) => All.FirstOrDefault(entry => entry.Name == name);

    private static EnvironmentEntry Entry<TOptions>(string name, string summary, Func<TOptions, ulong, IEnvironment> create) =>
        new(name, summary, typeof(TOptions), (options, seed) => create((TOptions)options, seed));
}
