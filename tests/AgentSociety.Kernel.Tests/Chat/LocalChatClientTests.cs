using System.Text.Json;
using AgentSociety.Core;
using AgentSociety.Core.Scenarios;
using AgentSociety.Models;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using Microsoft.SemanticKernel.Connectors.OpenAI;

namespace AgentSociety.Kernel.Tests;

[Collection("Torch")]
public sealed class LocalChatClientTests
{
    private static readonly ChatOptions Seeded = new() { Seed = 5, MaxOutputTokens = 25 };

    [Fact]
    public async Task The_same_seed_gives_the_same_answer_and_another_seed_another()
    {
        using LanguageModel model = Torch.Model();
        using LocalModel local = new(model);
        IChatClient client = new LocalChatClient(new LocalChat(local, new LocalChatSettings { Name = "small" }));
        string first = (await client.GetResponseAsync("Hello", Seeded)).Text, again = (await client.GetResponseAsync("Hello", Seeded)).Text;
        Assert.Equal(first, again);
        Assert.NotEqual(first, (await client.GetResponseAsync("Hello", new ChatOptions { Seed = 6, MaxOutputTokens = 25 })).Text);
    }

    [Fact]
    public async Task Streaming_and_whole_answers_agree_and_tell_usage_and_reason()
    {
        using LanguageModel model = Torch.Model();
        using LocalModel local = new(model);
        IChatClient client = new LocalChatClient(new LocalChat(local, new LocalChatSettings { Name = "small" }));
        ChatResponse whole = await client.GetResponseAsync("Hello", Seeded);
        List<ChatResponseUpdate> updates = await client.GetStreamingResponseAsync("Hello", Seeded).ToListAsync();
        Assert.True(updates.Count > 3);
        Assert.Equal(whole.Text, string.Concat(updates.Select(update => update.Text)));
        Assert.Equal((ChatFinishReason.Length, 5L, 25L, "small"), (whole.FinishReason, whole.Usage!.InputTokenCount, whole.Usage.OutputTokenCount, whole.ModelId));
        string stop = whole.Text[3..5];
        ChatResponse stopped = await client.GetResponseAsync("Hello", new ChatOptions { Seed = 5, MaxOutputTokens = 25, StopSequences = [stop] });
        Assert.Equal(whole.Text[..whole.Text.IndexOf(stop, StringComparison.Ordinal)], stopped.Text);
        Assert.Equal(ChatFinishReason.Stop, stopped.FinishReason);
    }

    [Fact]
    public async Task Temperature_top_k_and_top_p_reach_the_sampler()
    {
        using LanguageModel model = Torch.Model();
        using LocalModel local = new(model);
        IChatClient client = new LocalChatClient(new LocalChat(local, new LocalChatSettings { Name = "small" }));
        string greedy = (await client.GetResponseAsync("Hello", new ChatOptions { Temperature = 0, MaxOutputTokens = 25 })).Text;
        Assert.Equal(greedy, (await client.GetResponseAsync("Hello", new ChatOptions { TopK = 1, Seed = 9, MaxOutputTokens = 25 })).Text);
        Assert.Equal(greedy, (await client.GetResponseAsync("Hello", new ChatOptions { TopP = 1e-6f, Seed = 9, MaxOutputTokens = 25 })).Text);
        Assert.NotEqual(greedy, (await client.GetResponseAsync("Hello", new ChatOptions { Temperature = 3, Seed = 9, MaxOutputTokens = 25 })).Text);
    }

    [Fact]
    public async Task A_template_sees_the_whole_conversation_and_an_adapter_is_asked_for_by_name()
    {
        using LanguageModel model = Torch.Model();
        model.AddAdapter("ann", new LoraSettings(), 1);
        using LocalModel local = new(model);
        List<string> seen = [];
        IChatClient client = new LocalChatClient(new LocalChat(local, new LocalChatSettings
        {
            Name = "small",
            Template = (turns, _) =>
            {
                seen.Add(string.Join('|', turns.Select(turn => $"{turn.Role}={turn.Text}")));
                return "Hello";
            },
        }));
        ChatMessage[] conversation = [new(ChatRole.System, "Be brief."), new(ChatRole.User, "One?"), new(ChatRole.Assistant, "1"), new(ChatRole.User, "Two?")];
        await client.GetResponseAsync(conversation, new ChatOptions { ModelId = "small:ann", MaxOutputTokens = 2 });
        Assert.Equal(["system=Be brief.|user=One?|assistant=1|user=Two?"], seen);
        SocietyException unknown = await Assert.ThrowsAsync<SocietyException>(() => client.GetResponseAsync("Hello", new ChatOptions { ModelId = "small:bob" }));
        Assert.Contains("small, small:ann", unknown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_fulfils_the_schema_that_was_asked_for()
    {
        using LanguageModel model = Torch.Model();
        using LocalModel local = new(model);
        IChatClient client = new LocalChatClient(new LocalChat(local, new LocalChatSettings { Name = "small" }));
        JsonElement schema = JsonSerializer.Deserialize<JsonElement>("""{"type":"array","items":{"enum":["a","b"]},"minItems":2,"maxItems":2}""");
        ChatResponse answer = await client.GetResponseAsync("Hello", new ChatOptions { Seed = 1, ResponseFormat = ChatResponseFormat.ForJsonSchema(schema) });
        Assert.Equal(2, JsonSerializer.Deserialize<string[]>(answer.Text)!.Count(item => item is "a" or "b"));
    }

    [Fact]
    public async Task What_a_local_model_cannot_do_is_refused_by_name()
    {
        using LanguageModel model = Torch.Model();
        using LocalModel local = new(model);
        IChatClient client = new LocalChatClient(new LocalChat(local, new LocalChatSettings { Name = "small" }));
        AIFunction tool = AIFunctionFactory.Create(() => 1, "one");
        await Refused(new ChatOptions { ResponseFormat = ChatResponseFormat.Json }, "JSON");
        await Refused(new ChatOptions { PresencePenalty = 1 }, "penalties");
        await Refused(new ChatOptions { Tools = [tool], ToolMode = ChatToolMode.RequireAny }, "forced");
        await Refused(new ChatOptions { Tools = [tool] }, "no chat template");
        await Assert.ThrowsAsync<SocietyException>(() => client.GetResponseAsync([new ChatMessage(ChatRole.User, [new DataContent(new byte[] { 1 }, "image/png")])]));

        async Task Refused(ChatOptions options, string word) =>
            Assert.Contains(word, (await Assert.ThrowsAsync<SocietyException>(() => client.GetResponseAsync("Hello", options))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Semantic_kernel_prompts_it_and_chats_with_it()
    {
        using LanguageModel model = Torch.Model();
        using LocalModel local = new(model);
        LocalChat chat = new(local, new LocalChatSettings { Name = "small" });
        Microsoft.SemanticKernel.Kernel kernel = Microsoft.SemanticKernel.Kernel.CreateBuilder().AddLocalModel(chat).Build();
        string expected = (await new LocalChatClient(chat).GetResponseAsync("Hello", new ChatOptions { Temperature = 0.9f, Seed = 5, MaxOutputTokens = 12 })).Text;
        OpenAIPromptExecutionSettings settings = new() { Temperature = 0.9, TopP = 1, Seed = 5, MaxTokens = 12 };
        Assert.Equal(expected, (await kernel.InvokePromptAsync("Hello", new KernelArguments(settings))).ToString());
        IChatCompletionService service = kernel.GetRequiredService<IChatCompletionService>();
        ChatHistory history = new();
        history.AddUserMessage("Hello");
        Assert.Equal(expected, (await service.GetChatMessageContentAsync(history, settings, kernel)).Content);
        Assert.Equal(expected, string.Concat(await service.GetStreamingChatMessageContentsAsync(history, settings, kernel).Select(piece => piece.Content).ToListAsync()));
        settings.StopSequences = [expected[4..6]];
        Assert.Equal(expected[..expected.IndexOf(expected[4..6], StringComparison.Ordinal)], (await service.GetChatMessageContentAsync(history, settings, kernel)).Content);
    }

    [Fact]
    public async Task A_model_that_has_learned_to_call_reads_the_scratchpad_and_goes_on()
    {
        const string question = "U:what is known?\nA:", call = "<tool_call>{\"name\":\"scratchpad_read\",\"arguments\":{\"page\":\"notes/a\"}}</tool_call>";
        const string answer = "it is forty two.";
        using LanguageModel model = Torch.Trained(256, (question, call), ("Z:", answer));
        using LocalModel local = new(model);
        using SocietyFile file = new();
        await file.Tools("somebody").Write("notes/a", "forty two\n", "c");
        List<string> results = [];
        LocalChat chat = new(local, new LocalChatSettings
        {
            Name = "trained",
            Sampling = new SamplingSettings { Temperature = 0 },
            Template = (turns, functions) =>
            {
                Assert.Contains(functions, function => function.Name == "scratchpad_read");
                results.AddRange(turns.Where(turn => turn.Role == "tool").Select(turn => turn.Text));
                return turns[^1].Role == "tool" ? "Z:" : $"U:{turns[0].Text}\nA:";
            },
        });
        Microsoft.SemanticKernel.Kernel kernel = Microsoft.SemanticKernel.Kernel.CreateBuilder().AddLocalModel(chat).AddScratchpad(file.Tools("model")).Build();
        FunctionResult result = await kernel.InvokePromptAsync("what is known?", new KernelArguments(new PromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto() }));
        Assert.Equal(answer, result.ToString());
        Assert.Contains("forty two", Assert.Single(results), StringComparison.Ordinal);
    }
}
