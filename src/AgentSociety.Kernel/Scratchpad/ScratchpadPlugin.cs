using Microsoft.SemanticKernel;

namespace AgentSociety.Kernel;

/// <summary>The scratchpad as a Semantic Kernel plugin.</summary>
public static class ScratchpadPlugin
{
    /// <summary>The plugin's name where none is given.</summary>
    public const string Name = "scratchpad";

    /// <summary>A plugin whose functions are the tools' own.</summary>
    public static KernelPlugin AsPlugin(this ScratchpadTools tools, string name = Name) => KernelPluginFactory.CreateFromFunctions(
        name,
        "Notes that all agents and people share. Search before you write; write what will help somebody who has not seen what you have seen.",
        ScratchpadFunctions.Methods.Select(method => KernelFunctionFactory.CreateFromMethod(
            method, ScratchpadFunctions.Json, tools, new KernelFunctionFromMethodOptions { FunctionName = ScratchpadFunctions.NameOf(method) })));

    /// <summary>Gives a kernel the scratchpad.</summary>
    public static IKernelBuilder AddScratchpad(this IKernelBuilder builder, ScratchpadTools tools, string name = Name)
    {
        builder.Plugins.Add(tools.AsPlugin(name));
        return builder;
    }
}
