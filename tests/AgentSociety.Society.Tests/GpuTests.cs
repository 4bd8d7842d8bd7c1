using AgentSociety.Culture;
using AgentSociety.Tests.Gpu;

namespace AgentSociety.Society.Tests;

/// <summary>A whole society on the GPU of this machine.</summary>
[Collection("Torch")]
[Trait("Category", "Cuda")]
public sealed class GpuTests
{
    [CudaFact]
    public async Task A_society_plays_its_rounds_on_a_gpu_and_is_resumed_there()
    {
        using TinySociety society = new();
        using OnDevice gpu = new("cuda");
        RunDirectory directory = society.Create("gpu");
        RunOptions options = new() { Device = "cuda" };
        Assert.Equal(RunEnd.Done, await RunLauncher.Run(society.Scenario("selfPlay.rounds=2"), directory, options, static _ => { }, CancellationToken.None));
        using (SocietyDatabase database = SocietyDatabase.OpenReadOnly(directory.Database)) Assert.NotEmpty(database.Episodes(new EpisodeFilter()));
        Assert.Equal(RunEnd.Done, await RunLauncher.Resume(directory, options, static _ => { }, CancellationToken.None));
    }
}
