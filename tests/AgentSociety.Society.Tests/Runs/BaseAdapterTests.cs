using AgentSociety.Core;
using AgentSociety.Core.Scenarios;
using AgentSociety.Models;

namespace AgentSociety.Society.Tests;

/// <summary>Adapters of the model that a scenario begins with: what they learned is taken up, or nothing begins.</summary>
[Collection("Torch")]
public sealed class BaseAdapterTests : IDisposable
{
    private readonly TinySociety _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Theory]
    [InlineData("fine-tuned", 8, "no agent has one of that name", "learning.weights=lora")]
    [InlineData("solver", 8, "no agent has one of that name", "learning.weights=full")]
    [InlineData("solver", 4, "learning.lora asks for another", "learning.weights=lora")]
    public async Task An_adapter_that_would_be_left_out_or_is_of_another_shape_is_refused(string adapter, int rank, string says, string weights)
    {
        string folder = Base(adapter, rank);
        SocietyException refused = await Assert.ThrowsAsync<SocietyException>(() => TinySociety.Run(_tiny.Scenario([.. TinySociety.Literate, $"model.base={folder}", weights]), _tiny.Create("run")));
        Assert.Contains($"adapter '{adapter}'", refused.Message, StringComparison.Ordinal);
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_adapter_of_an_agents_name_and_shape_is_where_its_learning_begins()
    {
        string folder = Base("solver", 8);
        RunDirectory directory = _tiny.Create("run");
        await TinySociety.Run(_tiny.Scenario([.. TinySociety.Literate, $"model.base={folder}", "learning.weights=lora", "selfPlay.rounds=0"]), directory);
        using LanguageModel given = LanguageModel.Load(folder), begun = LanguageModel.Load(directory.Checkpoint("round-0"));
        Assert.Equal(First(given), First(begun));
    }

    private static float First(LanguageModel model) => model.Adapters["solver"].Parameters.Select(parameter => parameter.Item2).First().abs().sum().item<float>();

    private string Base(string adapter, int rank)
    {
        string folder = _tiny.PathOf("adapted");
        using LanguageModel model = LanguageModel.Load(TinySociety.ShippedBase());
        model.AddAdapter(adapter, new LoraSettings { Rank = rank }, 7);
        model.Save(folder);
        return folder;
    }
}
