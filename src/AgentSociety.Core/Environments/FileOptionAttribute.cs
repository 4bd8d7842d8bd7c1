namespace AgentSociety.Core.Environments;

/// <summary>Marks an environment's option that names a file. In a scenario it is relative to the scenario's folder, on a command line to where the program is started.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class FileOptionAttribute : Attribute;
