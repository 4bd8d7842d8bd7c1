using AgentSociety.Core;
using AgentSociety.Environments.Operators;

namespace AgentSociety.Environments.Laws;

/// <summary>Makes the environments of hidden laws from their options.</summary>
public static class HiddenLaws
{
    /// <summary>The world of operators of one run.</summary>
    /// <exception cref="SocietyException">An option is out of range.</exception>
    public static LawEnvironment Operators(HiddenOperatorsOptions options, ulong seed)
    {
        OptionChecks.Require(OperatorLaw.LawName, options);
        return new(new OperatorLaw(options.Operators, options.MaximumDifficulty), options.DemonstrateKnown, options.DemonstrateExperiments, seed);
    }

    /// <summary>The machine of one run.</summary>
    /// <exception cref="SocietyException">An option is out of range.</exception>
    public static LawEnvironment Machine(MachineOptions options, ulong seed)
    {
        OptionChecks.Require(MachineLaw.LawName, options);
        return new(new MachineLaw(options.States, options.Inputs, options.Outputs, options.MaximumDifficulty), options.DemonstrateKnown, options.DemonstrateExperiments, seed);
    }

    /// <summary>The rules for rings of one run.</summary>
    /// <exception cref="SocietyException">An option is out of range.</exception>
    public static LawEnvironment Rings(RingOptions options, ulong seed)
    {
        OptionChecks.Require(RingLaw.LawName, options);
        return new(new RingLaw(options.Rules, options.Colours, options.Cells, options.MaximumDifficulty), options.DemonstrateKnown, options.DemonstrateExperiments, seed);
    }

    /// <summary>The table for grids of one run.</summary>
    /// <exception cref="SocietyException">An option is out of range.</exception>
    public static LawEnvironment Grid(GridOptions options, ulong seed)
    {
        OptionChecks.Require(GridLaw.LawName, options);
        return new(new GridLaw(options.Rows, options.Columns, options.Colours, options.MaximumDifficulty), options.DemonstrateKnown, options.DemonstrateExperiments, seed);
    }

    /// <summary>The grammar of one run.</summary>
    /// <exception cref="SocietyException">An option is out of range.</exception>
    public static LawEnvironment Grammar(GrammarOptions options, ulong seed)
    {
        OptionChecks.Require(GrammarLaw.LawName, options);
        return new(new GrammarLaw(options.Symbols, options.MaximumDifficulty), options.DemonstrateKnown, options.DemonstrateExperiments, seed);
    }
}
