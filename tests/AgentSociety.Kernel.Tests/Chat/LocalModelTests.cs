using AgentSociety.Core;
using AgentSociety.Core.Play;
using AgentSociety.Core.Scenarios;
using AgentSociety.Models;

namespace AgentSociety.Kernel.Tests;

[Collection("Torch")]
public sealed class LocalModelTests
{
    [Fact]
    public async Task Concurrent_requests_each_get_what_they_would_get_alone()
    {
        using LanguageModel model = Torch.Model();
        TextRequest[] requests = [.. Enumerable.Range(0, 24).Select(index => new TextRequest { Prompt = model.Tokenizer.Encode($"Q {index}:"), Key = (ulong)index, MaximumTokens = 20 + index })];
        string[] alone = [.. requests.Select(request => Decoded(model, request))];
        using LocalModel local = new(model, slots: 7);
        string[] together = await Task.WhenAll(requests.Select(async request => string.Concat((await Pieces(local, request)).Select(piece => piece.Text))));
        Assert.Equal(alone, together);
    }

    [Fact]
    public async Task Text_comes_while_it_is_written_and_ends_with_its_counts()
    {
        using LanguageModel model = Torch.Model();
        using LocalModel local = new(model);
        List<TextPiece> pieces = await Pieces(local, new TextRequest { Prompt = model.Tokenizer.Encode("Hello"), Key = 3, MaximumTokens = 30, Alternatives = 2 });
        Assert.True(pieces.Count > 5);
        TextEnd end = pieces[^1].End!;
        Assert.All(pieces.SkipLast(1), piece => Assert.Null(piece.End));
        Assert.Equal((5, pieces.Sum(piece => piece.Tokens.Count)), (end.PromptTokens, end.CompletionTokens));
        Assert.All(pieces.SelectMany(piece => piece.Tokens), token =>
        {
            Assert.Equal(2, token.Alternatives.Count);
            Assert.InRange(token.LogProbability, -50, 0);
        });
    }

    [Fact]
    public async Task A_text_ends_before_its_stop_and_at_its_limit()
    {
        using LanguageModel model = Torch.Model();
        using LocalModel local = new(model);
        TextRequest request = new() { Prompt = model.Tokenizer.Encode("Hello"), Sampling = new SamplingSettings { Temperature = 0 }, MaximumTokens = 40 };
        string whole = string.Concat((await Pieces(local, request)).Select(piece => piece.Text));
        string stop = whole.Substring(6, 3);
        List<TextPiece> stopped = await Pieces(local, request with { Stops = [stop, "\u0001"] });
        Assert.Equal(whole[..whole.IndexOf(stop, StringComparison.Ordinal)], string.Concat(stopped.Select(piece => piece.Text)));
        Assert.False(stopped[^1].End!.AtLimit);
        List<TextPiece> limited = await Pieces(local, request with { MaximumTokens = 4 });
        Assert.Equal(whole[..4], string.Concat(limited.Select(piece => piece.Text)));
        Assert.True(limited[^1].End!.AtLimit);
    }

    [Fact]
    public async Task Whoever_leaves_frees_the_place_for_who_waits()
    {
        using LanguageModel model = Torch.Model(context: 4096);
        using LocalModel local = new(model, slots: 1);
        TextRequest endless = new() { Prompt = model.Tokenizer.Encode("Hello"), Key = 1, Sampling = new SamplingSettings { Temperature = 3 } };
        using CancellationTokenSource cancel = new();
        Task cancelled = Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (TextPiece piece in local.GenerateAsync(endless, cancel.Token)) await cancel.CancelAsync();
        });
        Task<List<TextPiece>> waiting = Pieces(local, new TextRequest { Prompt = model.Tokenizer.Encode("Next"), MaximumTokens = 3 });
        await cancelled.WaitAsync(TimeSpan.FromSeconds(20));
        await waiting.WaitAsync(TimeSpan.FromSeconds(20));
        await foreach (TextPiece piece in local.GenerateAsync(endless)) break;
        await Pieces(local, new TextRequest { Prompt = model.Tokenizer.Encode("Next"), MaximumTokens = 3 }).WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_request_that_cannot_be_met_fails_alone_and_by_name()
    {
        using LanguageModel model = Torch.Model();
        using LocalModel local = new(model);
        SocietyException tooLong = await Assert.ThrowsAsync<SocietyException>(() => Pieces(local, new TextRequest { Prompt = new int[500] }));
        Assert.Contains("500 tokens", tooLong.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<SocietyException>(() => Pieces(local, new TextRequest { Prompt = [1], Adapter = "nobody" }));
        Assert.NotEmpty(await Pieces(local, new TextRequest { Prompt = [1], MaximumTokens = 2 }));
    }

    [Fact]
    public async Task An_adapter_that_comes_between_two_steps_serves_the_next_request()
    {
        using LanguageModel model = Torch.Model();
        using LocalModel local = new(model);
        TextRequest request = new() { Prompt = model.Tokenizer.Encode("Hello"), Adapter = "ann", MaximumTokens = 5 };
        await Assert.ThrowsAsync<SocietyException>(() => Pieces(local, request));
        await local.ChangeAsync(changed => changed.AddAdapter("ann", new LoraSettings(), 1));
        Assert.Equal(["ann"], local.Adapters);
        Assert.NotEmpty(await Pieces(local, request));
        await Assert.ThrowsAsync<ArgumentException>(() => local.ChangeAsync(changed => changed.AddAdapter("ann", new LoraSettings(), 1)));
    }

    [Fact]
    public async Task Taking_the_model_down_ends_what_is_under_way_with_an_error()
    {
        using LanguageModel model = Torch.Model();
        LocalModel local = new(model);
        using ManualResetEventSlim begun = new(), down = new();
        Task waits = local.ChangeAsync(_ => begun.Wait());
        Task<List<TextPiece>> writing = Pieces(local, new TextRequest { Prompt = [1] });
        // The thread takes the request in and stands before its first step until the model is being taken down.
        Task stands = local.ChangeAsync(_ => down.Wait());
        begun.Set();
        await waits;
        Task taken = Task.Run(local.Dispose);
        while (!IsDown(local)) await Task.Delay(1);
        down.Set();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => writing.WaitAsync(TimeSpan.FromMinutes(1)));
        await Task.WhenAll(taken, stands);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Pieces(local, new TextRequest { Prompt = [1] }));
    }

    [Fact]
    public async Task Whatever_is_taken_in_while_the_model_is_taken_down_is_carried_out_or_told()
    {
        using LanguageModel model = Torch.Model();
        for (int time = 0; time < 200; time++)
        {
            LocalModel local = new(model);
            List<Task> asked = [];
            Task asking = Task.Run(() =>
            {
                try
                {
                    while (true) asked.Add(local.ChangeAsync(static _ => { }));
                }
                catch (ObjectDisposedException)
                {
                    // From here on nothing is taken in.
                }
            });
            if (time % 4 > 0) await Task.Yield();
            local.Dispose();
            await asking;
            await Task.WhenAll(asked).WaitAsync(TimeSpan.FromSeconds(20));
        }
    }

    [Fact]
    public async Task The_engine_is_made_when_it_is_asked_for_and_says_what_hinders_it()
    {
        using LanguageModel model = Torch.Model();
        using LocalModel impossible = new(model, slots: -1), local = new(model);
        await Assert.ThrowsAsync<OverflowException>(impossible.StartAsync);
        await local.StartAsync();
        Assert.NotEmpty(await Pieces(local, new TextRequest { Prompt = [1], MaximumTokens = 2 }));
    }

    [Fact]
    public async Task A_text_ends_at_its_deadline_with_what_it_has()
    {
        using LanguageModel model = Torch.Model(context: 1 << 16);
        using LocalModel local = new(model, slots: 1);
        TextRequest endless = new() { Prompt = model.Tokenizer.Encode("Hello"), Key = 1, Sampling = new SamplingSettings { Temperature = 3 }, Pattern = "[a-z]*x{1000}", Deadline = DateTimeOffset.UtcNow.AddSeconds(1) };
        Task<List<TextPiece>> waits = Pieces(local, endless with { Deadline = DateTimeOffset.UtcNow });
        TextEnd end = (await Pieces(local, endless).WaitAsync(TimeSpan.FromMinutes(1)))[^1].End!;
        Assert.True(end.AtLimit);
        Assert.Equal((true, 0), ((await waits)[^1].End!.AtLimit, (await waits)[^1].End!.CompletionTokens));
    }

    [Fact]
    public async Task A_request_that_meets_a_defect_fails_by_it_and_the_model_goes_on()
    {
        FailingTokenizer tokenizer = new(fails: 0);
        using LanguageModel model = LanguageModel.Create(new ArchitectureSettings { Width = 32, Layers = 1, Heads = 2, KeyValueHeads = 1, FeedForward = 32, Context = 64 }, tokenizer, 1);
        using LocalModel local = new(model);
        TextRequest request = new() { Prompt = [1], MaximumTokens = 2 };
        // Preparing the pattern asks for the tokens' bytes.
        await Assert.ThrowsAsync<NotSupportedException>(() => Pieces(local, request with { Pattern = "a*" }).WaitAsync(TimeSpan.FromMinutes(1)));
        tokenizer.Fails = int.MaxValue;
        Assert.NotEmpty(await Pieces(local, request).WaitAsync(TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task A_text_that_the_weights_give_no_token_for_fails_with_the_reason()
    {
        using LanguageModel model = Torch.Model();
        using LocalModel local = new(model);
        await local.ChangeAsync(changed =>
        {
            using var frozen = TorchSharp.torch.no_grad();
            foreach ((_, TorchSharp.torch.Tensor weight) in changed.AddAdapter("ann", new LoraSettings(), 1).Parameters) weight.fill_(float.NaN);
        });
        SocietyException failure = await Assert.ThrowsAsync<SocietyException>(() => Pieces(local, new TextRequest { Prompt = [1], Adapter = "ann" }));
        Assert.Contains("'ann'", failure.Message, StringComparison.Ordinal);
        Assert.False(failure.BadInput);
        Assert.NotEmpty(await Pieces(local, new TextRequest { Prompt = [1], MaximumTokens = 2 }));
    }

    [Fact]
    public async Task Whoever_has_a_form_prepared_keeps_nobody_else_waiting()
    {
        using ManualResetEventSlim prepared = new();
        using LanguageModel model = LanguageModel.Create(new ArchitectureSettings { Width = 32, Layers = 1, Heads = 2, KeyValueHeads = 1, FeedForward = 32, Context = 64 }, new SlowTokenizer(prepared), 1);
        using LocalModel local = new(model);
        TextRequest request = new() { Prompt = [1], MaximumTokens = 2 };
        Task<List<TextPiece>> held = Pieces(local, request with { Pattern = "a{2}" });
        try
        {
            Assert.NotEmpty(await Pieces(local, request).WaitAsync(TimeSpan.FromSeconds(30)));
            Assert.False(held.IsCompleted);
        }
        finally
        {
            prepared.Set();
        }

        Assert.Equal("aa", string.Concat((await held.WaitAsync(TimeSpan.FromMinutes(1))).Select(piece => piece.Text)));
    }

    [Fact]
    public async Task A_deadline_holds_for_the_preparation_of_a_form_too()
    {
        using ManualResetEventSlim prepared = new();
        using LanguageModel model = LanguageModel.Create(new ArchitectureSettings { Width = 32, Layers = 1, Heads = 2, KeyValueHeads = 1, FeedForward = 32, Context = 64 }, new SlowTokenizer(prepared), 1);
        using LocalModel local = new(model);
        try
        {
            TextPiece end = Assert.Single(await Pieces(local, new TextRequest { Prompt = [1], Pattern = "a{2}", Deadline = DateTimeOffset.UtcNow.AddSeconds(0.1) }).WaitAsync(TimeSpan.FromSeconds(30)));
            Assert.Equal(("", new TextEnd(AtLimit: true, PromptTokens: 1, CompletionTokens: 0)), (end.Text, end.End));
        }
        finally
        {
            prepared.Set();
        }
    }

    [Fact]
    public async Task A_form_that_cannot_be_finished_is_a_failure_and_no_end()
    {
        CharacterTokenizer tokenizer = new("a" + string.Concat(Enumerable.Range(0x4E00, 20_000).Select(letter => (char)letter)));
        using LanguageModel model = LanguageModel.Create(new ArchitectureSettings { Width = 16, Layers = 1, Heads = 2, KeyValueHeads = 1, FeedForward = 16, Context = 300 }, tokenizer, 1);
        using LocalModel local = new(model);
        SocietyException failure = await Assert.ThrowsAsync<SocietyException>(() => Pieces(local, new TextRequest { Prompt = [1], Pattern = "a{250}ü" }));
        Assert.Contains("pattern", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Its_context_is_what_a_sequence_can_have_and_not_what_the_configuration_says()
    {
        ArchitectureSettings shape = new() { Width = 2048, Layers = 2, Heads = 16, KeyValueHeads = 16, FeedForward = 16, Context = 1 << 22 };
        using LanguageModel model = LanguageModel.Create(shape, new CharacterTokenizer("ab"), 1);
        using LocalModel local = new(model);
        Assert.InRange(local.Context, 1 << 16, (1 << 17) + 1);
    }

    private static bool IsDown(LocalModel local)
    {
        try
        {
            _ = local.ChangeAsync(static _ => { });
            return false;
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
    }

    private static async Task<List<TextPiece>> Pieces(LocalModel local, TextRequest request)
    {
        List<TextPiece> pieces = [];
        await foreach (TextPiece piece in local.GenerateAsync(request)) pieces.Add(piece);
        return pieces;
    }

    private static string Decoded(LanguageModel model, TextRequest request)
    {
        using DecodingEngine engine = new(model);
        engine.Submit(new GenerationRequest { Id = "alone", Prompt = request.Prompt, Key = request.Key, MaximumTokens = request.MaximumTokens });
        while (true)
        {
            if (engine.Step() is [Generation done, ..]) return string.Concat(done.Segments.Where(segment => segment.Source == Source.Model).Select(segment => segment.Text));
        }
    }
}
