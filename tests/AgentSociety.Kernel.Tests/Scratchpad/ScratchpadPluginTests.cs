using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;

namespace AgentSociety.Kernel.Tests;

public sealed class ScratchpadPluginTests
{
    [Fact]
    public void The_plugin_has_the_eight_tools_and_describes_every_parameter()
    {
        using SocietyFile file = new();
        KernelPlugin plugin = file.Tools().AsPlugin();
        Assert.Equal(["append", "history", "list", "read", "remark", "replace", "search", "write"], plugin.Select(function => function.Name).Order());
        Assert.All(plugin, function =>
        {
            Assert.NotEmpty(function.Description);
            Assert.All(function.Metadata.Parameters, parameter => Assert.NotEmpty(parameter.Description));
            Assert.DoesNotContain(function.Metadata.Parameters, parameter => parameter.Name == "cancellation");
        });
        Assert.Equal(["page", "body", "comment"], plugin["write"].Metadata.Parameters.Where(parameter => parameter.IsRequired).Select(parameter => parameter.Name));
    }

    [Fact]
    public void Plugin_and_functions_agree_on_names_descriptions_and_parameters()
    {
        using SocietyFile file = new();
        ScratchpadTools tools = file.Tools();
        KernelPlugin plugin = tools.AsPlugin();
        Assert.All(tools.Functions(), function =>
        {
            KernelFunction twin = plugin[function.Name];
            Assert.Equal(function.Description, twin.Description);
            Assert.Equal(function.JsonSchema.GetProperty("properties").EnumerateObject().Select(property => property.Name), twin.Metadata.Parameters.Select(parameter => parameter.Name));
        });
    }

    [Fact]
    public async Task A_kernel_invokes_the_tools_by_name()
    {
        using SocietyFile file = new();
        IKernelBuilder builder = Microsoft.SemanticKernel.Kernel.CreateBuilder().AddScratchpad(file.Tools());
        Microsoft.SemanticKernel.Kernel kernel = builder.Build();
        EditReply? reply = (await kernel.InvokeAsync("scratchpad", "write", new() { ["page"] = "notes/a", ["body"] = "hello\n", ["comment"] = "c" })).GetValue<EditReply>();
        Assert.Equal(EditOutcome.Saved, reply!.Outcome);
        Assert.Equal("hello\n", (await kernel.InvokeAsync("scratchpad", "read", new() { ["page"] = "notes/a" })).GetValue<PageReply>()!.Body);
    }

    [Fact]
    public async Task A_tool_call_of_a_model_is_answered_in_json_with_reasons_it_can_act_on()
    {
        using SocietyFile file = new();
        ScratchpadTools tools = file.Tools();
        await tools.Write("notes/a", "first ä\n", "c");
        AIFunction write = tools.Functions().Single(function => function.Name == "write");
        object? answer = await write.InvokeAsync(new AIFunctionArguments(new Dictionary<string, object?> { ["page"] = "notes/a", ["body"] = "second\n", ["comment"] = "c" }));
        JsonElement json = Assert.IsType<JsonElement>(answer);
        Assert.Equal("conflict", json.GetProperty("outcome").GetString());
        Assert.Equal("first ä\n", json.GetProperty("theirs").GetProperty("body").GetString());
        Assert.Contains("baseRevision", json.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }
}
