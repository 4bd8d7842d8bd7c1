using AgentSociety.Core.Play;

namespace AgentSociety.Society.Tests;

/// <summary>An endpoint that proposes texts: the first where the first proposal of a round is asked for, and so on.</summary>
internal sealed class Quoter(IReadOnlyList<string> texts) : IRemotePolicy
{
    public string Model => "quoter";

    public RemoteUsage Total => default;

    public Task<RemoteGeneration> GenerateAsync(RemoteRequest request, CancellationToken cancellation) => Task.FromResult(new RemoteGeneration
    {
        Segments = [new(Source.Prompt, request.Prompt), new(Source.Model, texts[int.Parse(request.Id[(request.Id.LastIndexOf('/') + 1)..])])],
        Finish = RemoteFinish.EndOfText,
        Usage = default,
    });
}
