using AgentSociety.Core.Environments;
using AgentSociety.Environments.Arithmetic;
using AgentSociety.Environments.Operators;

namespace AgentSociety.Environments;

/// <summary>The environments that a scenario can name.</summary>
public static class EnvironmentCatalog
{
    /// <summary>All of them, in the order in which a listing shows them.</summary>
    public static IReadOnlyList<EnvironmentEntry> All { get; } =
    [
        Entry<HiddenOperatorsOptions>(HiddenOperatorsEnvironment.EnvironmentName, "Chains of unknown operators: facts live in notes, long chains in weights.", static (options, seed) => new HiddenOperatorsEnvironment(options, seed)),
        Entry<ArithmeticOptions>(ArithmeticEnvironment.EnvironmentName, "Sums, differences and products of long numbers, worked out column by column.", static (options, _) => new ArithmeticEnvironment(options)),
    ];

    /// <summary>The entry of this name; null where there is none.</summary>
    public static EnvironmentEntry? Find(string name) => All.FirstOrDefault(entry => entry.Name == name);

    private static EnvironmentEntry Entry<TOptions>(string name, string summary, Func<TOptions, ulong, IEnvironment> create) =>
        new(name, summary, typeof(TOptions), (options, seed) => create((TOptions)options, seed));
}
