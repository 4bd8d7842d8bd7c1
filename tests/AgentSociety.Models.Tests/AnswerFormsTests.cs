using System.Collections.Concurrent;
using AgentSociety.Core;
using AgentSociety.Models.Patterns;

namespace AgentSociety.Models.Tests;

/// <summary>What requests ask to have prepared takes neither all memory nor all processors.</summary>
[Collection("Torch")]
public sealed class AnswerFormsTests : IDisposable
{
    private readonly HeldTokenizer _tokenizer = new();
    private readonly LanguageModel _model;

    public AnswerFormsTests() => _model = LanguageModel.Create(Torch.Small, _tokenizer, 1);

    public void Dispose()
    {
        _tokenizer.Ready.Set();
        _model.Dispose();
        _tokenizer.Ready.Dispose();
    }

    [Fact]
    public async Task Only_so_many_wait_and_those_that_nobody_waits_for_any_more_are_never_prepared()
    {
        using CancellationTokenSource gone = new();
        Task<AnswerForm>[] asked = [.. Enumerable.Range(0, AnswerForms.MostPending).Select(index => _model.PrepareAsync($"a{{{index}}}", null, gone.Token))];
        SocietyException busy = await Assert.ThrowsAsync<SocietyException>(() => _model.PrepareAsync("b", null));
        Assert.True(busy.Busy);
        // What is on its way already takes nothing more.
        Task<AnswerForm> joined = _model.PrepareAsync("a{7}", null);
        await gone.CancelAsync();
        foreach (Task<AnswerForm> task in asked) await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task);
        Task<AnswerForm> next = _model.PrepareAsync("b", null);
        _tokenizer.Ready.Set();
        await Task.WhenAll(joined, next).WaitAsync(TimeSpan.FromMinutes(1));
        Assert.InRange(_model.Forms.Prepared, 2, Math.Max(1, Environment.ProcessorCount / 2) + 2);
        Assert.NotNull(await _model.PrepareAsync("a{3}", null).WaitAsync(TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task What_is_too_long_is_refused_before_anything_is_kept_of_it()
    {
        await Assert.ThrowsAsync<SocietyException>(() => _model.PrepareAsync(new string('a', 1_000_000), null));
        await Assert.ThrowsAsync<SocietyException>(() => _model.PrepareAsync(null, new string(' ', 1_000_000)));
        Assert.Equal(0, _model.Forms.Prepared);
    }

    [Fact]
    public void An_engine_prepares_what_it_is_given_as_text_on_the_thread_that_submits_it_and_keeps_it()
    {
        _tokenizer.Ready.Set();
        using DecodingEngine engine = new(_model, slots: 2);
        GenerationRequest request = new() { Id = "one", Prompt = [1], Key = 1, MaximumTokens = 4, Pattern = "a{2}" };
        engine.Submit(request);
        Assert.Equal([Environment.CurrentManagedThreadId], _tokenizer.Asked.Distinct());
        engine.Submit(request with { Id = "two" });
        Assert.Equal(1, _model.Forms.Prepared);
        for (int time = 0; time < 2; time++) Assert.Contains("looking", Assert.Throws<SocietyException>(() => engine.Submit(request with { Id = "three", Pattern = "(?=a)" })).Message, StringComparison.Ordinal);
        Assert.Equal(2, _model.Forms.Prepared);
    }

    [Fact]
    public async Task An_engine_waits_for_no_form_that_others_wait_for()
    {
        using DecodingEngine engine = new(_model, slots: 2);
        Task<AnswerForm>[] asked = [.. Enumerable.Range(0, AnswerForms.MostPending).Select(index => _model.PrepareAsync($"a{{{index}}}", null))];
        // The engine makes the table of tokens, with which whoever begins after it needs no tokenizer: one at least has to stand at it by then.
        Assert.True(SpinWait.SpinUntil(() => !_tokenizer.Asked.IsEmpty, TimeSpan.FromMinutes(1)));
        _tokenizer.Free = Environment.CurrentManagedThreadId;
        engine.Submit(new GenerationRequest { Id = "one", Prompt = [1], Key = 1, MaximumTokens = 4, Pattern = "a{2}" });
        Assert.Contains(asked, task => !task.IsCompleted);
        _tokenizer.Ready.Set();
        await Task.WhenAll(asked).WaitAsync(TimeSpan.FromMinutes(1));
    }

    /// <summary>A tokenizer that says what its tokens stand for, which only preparing asks, once it may.</summary>
    private sealed class HeldTokenizer : ITokenizer
    {
        private readonly CharacterTokenizer _whole = new(Torch.Alphabet);

        public ManualResetEventSlim Ready { get; } = new();

        /// <summary>Threads that asked.</summary>
        public ConcurrentQueue<int> Asked { get; } = [];

        /// <summary>A thread that need not wait.</summary>
        public int Free { get; set; }

        public int VocabularySize => _whole.VocabularySize;

        public int EndOfText => _whole.EndOfText;

        public int[] Encode(string text) => _whole.Encode(text);

        public string Decode(ReadOnlySpan<int> tokens) => _whole.Decode(tokens);

        public ReadOnlyMemory<byte> BytesOf(int token)
        {
            Asked.Enqueue(Environment.CurrentManagedThreadId);
            if (Environment.CurrentManagedThreadId != Free) Ready.Wait();
            return ((ITokenizer)_whole).BytesOf(token);
        }

        public void Save(string folder) => _whole.Save(folder);
    }
}
