using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;

namespace AgentSociety.Kernel;

/// <summary>A local model in Semantic Kernel.</summary>
public static class LocalModelServices
{
    /// <summary>Gives a kernel the model as its chat client, with calls of its plugins carried out, and as its chat completion service.</summary>
    public static IKernelBuilder AddLocalModel(this IKernelBuilder builder, LocalChat chat)
    {
        builder.Services.AddChatClient(new LocalChatClient(chat)).UseKernelFunctionInvocation();
        builder.Services.AddSingleton<IChatCompletionService>(services => services.GetRequiredService<IChatClient>().AsChatCompletionService(services));
        return builder;
    }
}
