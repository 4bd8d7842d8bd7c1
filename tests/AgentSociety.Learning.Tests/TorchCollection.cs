using System.Runtime.CompilerServices;
using AgentSociety.Models;

namespace AgentSociety.Learning.Tests;

/// <summary>Torch keeps global state (threads, live tensor counts), so that its tests take turns.</summary>
[CollectionDefinition("Torch", DisableParallelization = true)]
public sealed class TorchCollection
{
    /// <summary>Before any test touches a tensor: the runtime's threads must not spin where other work shares the cores.</summary>
    [ModuleInitializer]
    internal static void Load() => TorchRuntime.Initialize("cpu");
}
