using AgentSociety.Environments.Laws;

namespace AgentSociety.Environments.Tests.Operators;

static class OperatorWorlds
{
    /// <summary>What an operator of this world makes of a digit.</summary>
    public static int Apply(this LawEnvironment world, char name, int digit) => world.Reply($"{name}{digit}")[0] - '0';
}
