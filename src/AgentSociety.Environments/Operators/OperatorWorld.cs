using AgentSociety.Core.Randomness;

namespace AgentSociety.Environments.Operators;

/// <summary>The truth: one permutation of the ten digits for each operator.</summary>
sealed class OperatorWorld
{
    private readonly int[][] _results;

    private OperatorWorld(int[][] results) => _results = results;

    public int Operators => _results.Length;

    /// <summary>The world of a run, the same for every process that knows its seed.</summary>
    public static OperatorWorld OfRun(int operators, ulong seed) =>
        new([.. Enumerable.Range(0, operators).Select(index => KeyedRandom.For(seed, "hidden-operators/world", index).Permutation(10))]);

    /// <summary>A world made up for one demonstration.</summary>
    public static OperatorWorld Imagined(int operators, KeyedRandom random) =>
        new([.. Enumerable.Range(0, operators).Select(_ => random.Permutation(10))]);

    public int Apply(char name, int digit) => _results[name - 'a'][digit];

    /// <summary>The answer of a problem text that has been parsed.</summary>
    public int Solve(string problem)
    {
        int digit = problem[^2] - '0';
        for (int index = problem.Length - 3; index >= 0; index--) digit = Apply(problem[index], digit);
        return digit;
    }
}
