namespace AgentSociety.Models.Tests;

/// <summary>Which kept beginnings go when others need their slots.</summary>
[Collection("Torch")]
public sealed class AdmissionTests : IDisposable
{
    private const string Long = "0123456789abcdefgh0123456789", Other = "hgfedcba9876543210hgfedcba98", Third = "==##++??==##++??==##++??==##", Fourth = "24680gfdb24680gfdb24680gfdb2";
    private readonly LanguageModel _model = Torch.Model();
    private int _asked;

    public void Dispose() => _model.Dispose();

    [Fact]
    public void A_short_common_beginning_leaves_a_long_kept_text_where_it_is()
    {
        using DecodingEngine engine = new(_model, slots: 3);
        Assert.Equal(28, Computed(engine, Long));
        // Two tokens are shared, and they are copied.
        Assert.Equal(2, Computed(engine, "01ba"));
        Assert.Equal(1, Computed(engine, Long + "a"));
    }

    [Fact]
    public void A_text_that_goes_on_from_a_kept_one_takes_its_slot()
    {
        using DecodingEngine engine = new(_model, slots: 3);
        Computed(engine, Long);
        Computed(engine, Long + "a");
        Computed(engine, Other);
        Computed(engine, Third);
        // Had the second taken another slot than the first, one of these would have gone.
        Assert.Equal((1, 1, 1), (Computed(engine, Long + "ab"), Computed(engine, Other + "a"), Computed(engine, Third + "a")));
    }

    [Fact]
    public void The_kept_text_that_nobody_has_used_for_the_longest_time_goes_first()
    {
        using DecodingEngine engine = new(_model, slots: 3);
        foreach (string text in (string[])[Long, Other, Third, Long]) Computed(engine, text);
        Computed(engine, Fourth);
        Assert.Equal((1, 1, 1), (Computed(engine, Long + "a"), Computed(engine, Third + "a"), Computed(engine, Fourth + "a")));
        Assert.Equal(29, Computed(engine, Other + "a"));
    }

    [Fact]
    public void A_single_slot_serves_everybody()
    {
        using DecodingEngine engine = new(_model, slots: 1);
        Assert.Equal((28, 2, 27), (Computed(engine, Long), Computed(engine, "01ba"), Computed(engine, Long[1..])));
    }

    /// <summary>Tokens of a prompt that had to be computed, beside the one that is always.</summary>
    private long Computed(DecodingEngine engine, string prompt)
    {
        long before = engine.PrefilledTokens;
        Torch.Decode(engine, new GenerationRequest { Id = $"{_asked++}", Prompt = _model.Tokenizer.Encode(prompt), MinimumTokens = 1, MaximumTokens = 1 });
        return engine.PrefilledTokens - before + 1;
    }
}
