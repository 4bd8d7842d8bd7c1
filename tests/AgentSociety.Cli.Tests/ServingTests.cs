using System.ClientModel;
using System.Diagnostics;
using System.Text.Json;
using AgentSociety.Core.Scenarios;
using AgentSociety.Culture;
using AgentSociety.Models;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using OpenAI;
using OpenAI.Chat;

namespace AgentSociety.Cli.Tests;

/// <summary>The commands that serve, as processes of their own, met by real clients.</summary>
public sealed class ServingTests
{
    private static readonly string Program = typeof(CommandLine).Assembly.Location;

    [Fact]
    public async Task A_client_of_the_model_context_protocol_starts_mcp_and_reads_and_edits_the_runs_scratchpad()
    {
        using SampleRun run = new();
        StdioClientTransport transport = new(new StdioClientTransportOptions { Command = "dotnet", Arguments = [Program, "mcp", run.Directory.Path, "--author", "ann"] });
        await using (McpClient client = await McpClient.CreateAsync(transport))
        {
            JsonElement read = await CallAsync(client, "read", new() { ["page"] = "notes/carry" });
            Assert.Equal(SampleRun.Hostile + "\n", read.GetProperty("body").GetString());
            JsonElement saved = await CallAsync(client, "append", new() { ["page"] = "notes/carry", ["lines"] = "carry the one", ["comment"] = "learned" });
            Assert.Equal("saved", saved.GetProperty("outcome").GetString());
        }

        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(run.Directory.Database);
        RevisionInfo newest = new PageArchive(database).History("notes/carry")[0];
        // What comes from outside belongs to the round in play, the one after the last that is stored.
        Assert.Equal(("ann", 4, "learned"), (newest.Author, newest.Round, newest.Comment));
    }

    [Fact]
    public async Task A_client_of_the_openai_protocol_talks_with_a_model_that_serve_serves_and_an_interrupt_ends_it()
    {
        string folder = Directory.CreateTempSubdirectory("served-").FullName;
        TorchRuntime.Initialize("cpu");
        using (LanguageModel model = LanguageModel.Create(new ArchitectureSettings { Width = 16, Layers = 1, Heads = 2, KeyValueHeads = 1, FeedForward = 16, Context = 32 }, new CharacterTokenizer("Helo 123"), 1)) model.Save(folder);
        using Process process = Process.Start(ProgramProcess.With("serve", folder, "--port", "0", "--name", "small", "--device", "cpu"))!;
        try
        {
            string said = await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60)) ?? await process.StandardError.ReadToEndAsync();
            Assert.EndsWith("/v1, models small", said);
            Uri address = new(said.Split(" at ")[^1].Split(',')[0]);
            ChatClient client = new OpenAIClient(new ApiKeyCredential("none"), new OpenAIClientOptions { Endpoint = address }).GetChatClient("small");
            ChatCompletion answer = await client.CompleteChatAsync([new UserChatMessage("Hello")], new ChatCompletionOptions { MaxOutputTokenCount = 5 });
            Assert.InRange(answer.Usage.OutputTokenCount, 0, 5);
            await ProgramProcess.Interrupt(process);
            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        }
        finally
        {
            if (!process.HasExited) process.Kill();
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Serving_to_others_without_a_token_is_refused_in_one_line()
    {
        string folder = Directory.CreateTempSubdirectory("served-").FullName;
        TorchRuntime.Initialize("cpu");
        using (LanguageModel model = LanguageModel.Create(new ArchitectureSettings { Width = 16, Layers = 1, Heads = 2, KeyValueHeads = 1, FeedForward = 16, Context = 32 }, new CharacterTokenizer("Helo"), 1)) model.Save(folder);
        KeptTerminal kept = new();
        Assert.Equal(ExitCode.BadInput, await CommandLine.Run(["serve", folder, "--listen", "0.0.0.0", "--port", "0", "--device", "cpu"], kept.Terminal));
        Assert.Contains("token", kept.Error.Output, StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    private static async Task<JsonElement> CallAsync(McpClient client, string tool, Dictionary<string, object?> arguments)
    {
        CallToolResult result = await client.CallToolAsync(tool, arguments);
        Assert.NotEqual(true, result.IsError);
        return JsonSerializer.SerializeToElement(result.StructuredContent);
    }
}
