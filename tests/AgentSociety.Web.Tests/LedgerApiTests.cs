using System.Text.Json;
using AgentSociety.Culture;

namespace AgentSociety.Web.Tests;

/// <summary>The ledger from words to weights and back as JSON: each way leads where the other came from.</summary>
public sealed class LedgerApiTests(SiteFixture site) : IClassFixture<SiteFixture>
{
    [Fact]
    public async Task A_note_is_followed_to_the_weights_and_the_weights_to_the_note()
    {
        using ExampleRun run = new ExampleRun(site.Runs, "ledger", problems: 3, attempts: 3).Play(11);
        LedgerEntry entry = run.Database.WhatTaught("round-10").First(entry => entry.Page.StartsWith("notes/", StringComparison.Ordinal));

        JsonElement became = Assert.Single(await Rows($"became/{entry.Page}?limit=500"), row => Text(row, "episode") == entry.Episode && Text(row, "revision") == entry.Revision);
        Assert.Equal(("round-10", entry.Reader, entry.Author), (Text(became, "checkpoint"), Text(became, "reader"), Text(became, "author")));
        Assert.Equal(entry.Reward, became.GetProperty("reward").GetDouble());

        JsonElement trained = (await Rows($"trained/{entry.Episode}"))[0];
        long batch = trained.GetProperty("batch").GetInt64();
        Assert.Equal((became.GetProperty("batch").GetInt64(), "round-10", entry.Episode), (batch, Text(trained, "checkpoint"), Text(trained, "episode")));
        Assert.Contains(await Rows($"batches/{batch}"), row => Text(row, "episode") == entry.Episode);

        JsonElement[] taught = await Rows("taught/round-10?limit=500");
        Assert.Contains(taught, row => Text(row, "episode") == entry.Episode && Text(row, "page") == entry.Page);
        Assert.All(taught, row => Assert.Equal("round-10", Text(row, "checkpoint")));
        Assert.Equal(2, (await Rows("taught/round-10?limit=2")).Length);
        Assert.Empty(await Rows("taught/round-0"));
        Assert.Empty(await Rows("trained/9/solve/9/9"));

        IReadOnlyDictionary<long, Adoption> adopted = run.Database.AdoptionOf(entry.Page);
        JsonElement[] adoption = await Rows($"adoption/{entry.Page}");
        Assert.Equal(adopted.Keys.Order(), adoption.Select(row => row.GetProperty("revision").GetInt64()));
        Assert.All(adoption, row => Assert.Equal(adopted[row.GetProperty("revision").GetInt64()].Readers, row.GetProperty("readers").GetInt64()));
    }

    private static string? Text(JsonElement row, string name) => row.GetProperty(name).GetString();

    private async Task<JsonElement[]> Rows(string address) => [.. JsonDocument.Parse(await site.Client.GetStringAsync(new Uri($"/api/runs/ledger/{address}", UriKind.Relative))).RootElement.EnumerateArray()];
}
