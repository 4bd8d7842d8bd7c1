using System.ClientModel;
using System.ClientModel.Primitives;
using AgentSociety.Core.Scenarios;
using AgentSociety.Kernel;
using AgentSociety.Kernel.Tests;
using AgentSociety.Models;
using AgentSociety.Web.Serving;
using OpenAI;
using OpenAI.Chat;

namespace AgentSociety.Web.Tests.Serving;

/// <summary>A small model behind the real endpoint at a free port.</summary>
public sealed class ServedModel : IAsyncDisposable
{
    private readonly LanguageModel _model;
    private readonly LocalModel _local;
    private readonly RunningModelServer _server;

    private ServedModel(LanguageModel model, LocalModel local, LocalChat chat, RunningModelServer server)
    {
        _model = model;
        _local = local;
        Chat = chat;
        _server = server;
    }

    public LocalChat Chat { get; }

    public Uri Address => _server.Address;

    public static async Task<ServedModel> StartAsync(ModelServerOptions? options = null, LanguageModel? trained = null, DialogueTemplate? template = null, LocalChatSettings? settings = null, int slots = 64, int? queue = null)
    {
        LanguageModel model = trained ?? Torch.Model();
        if (trained is null) model.AddAdapter("ann", new LoraSettings(), 1);
        LocalModel local = new(model, slots, queue);
        LocalChat chat = new(local, settings ?? new LocalChatSettings { Name = "small", Template = template ?? PlainTemplate.Render });
        return new ServedModel(model, local, chat, await ModelServer.StartAsync(chat, options ?? new ModelServerOptions()));
    }

    public ChatClient Client(string model = "small", string key = "none") => OpenAi(key).GetChatClient(model);

    public OpenAIClient OpenAi(string key = "none") =>
        new(new ApiKeyCredential(key), new OpenAIClientOptions { Endpoint = Address, RetryPolicy = new ClientRetryPolicy(0) });

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _local.Dispose();
        _model.Dispose();
    }
}
