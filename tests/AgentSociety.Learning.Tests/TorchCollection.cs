namespace AgentSociety.Learning.Tests;

/// <summary>Torch keeps global state (threads, live tensor counts), so that its tests take turns.</summary>
[CollectionDefinition("Torch", DisableParallelization = true)]
public sealed class TorchCollection;
