using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using AgentSociety.Core;
using AgentSociety.Models;

namespace AgentSociety.Kernel;

/// <summary>A language model on a thread of its own that continues any number of prompts together: requests join and leave its batch as they come and go.</summary>
/// <remarks>All work on tensors happens on that thread. Safe to call from any other. It does not own the model.</remarks>
public sealed class LocalModel : IDisposable
{
    private readonly LanguageModel _model;
    private readonly Func<DecodingEngine> _start;
    private readonly BlockingCollection<Action> _commands = [];
    private readonly Dictionary<string, Open> _open = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly Thread _thread;
    private DecodingEngine? _engine;
    private long _named;

    /// <summary>Starts the thread.</summary>
    /// <param name="model">The model. Nobody else may decode with it or change it meanwhile, but by <see cref="ChangeAsync"/>.</param>
    /// <param name="slots">Most sequences in one batch.</param>
    /// <param name="queue">Most requests that wait for one of them; null for as many as an engine lets wait by itself (<see cref="DecodingEngine.MostWaiting"/>).</param>
    /// <param name="halvedAdapters">See <see cref="DecodingEngine.HalvedAdapters"/>.</param>
    public LocalModel(LanguageModel model, int slots = 64, int? queue = null, bool halvedAdapters = false)
    {
        _model = model;
        _start = () => queue is { } most ? new DecodingEngine(model, slots) { MostWaiting = most, HalvedAdapters = halvedAdapters } : new DecodingEngine(model, slots) { HalvedAdapters = halvedAdapters };
        Adapters = [.. model.Adapters.Keys.Order(StringComparer.Ordinal)];
        _thread = new Thread(Work) { Name = "local model", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Text to tokens and back.</summary>
    public ITokenizer Tokenizer => _model.Tokenizer;

    /// <summary>Tokens that prompt and answer may have together.</summary>
    public int Context => DecodingEngine.ContextOf(_model.Decoder.Config);

    /// <summary>Names of the adapters, in order.</summary>
    public IReadOnlyList<string> Adapters { get; private set; }

    /// <summary>Continues a prompt; what is written comes as it is drawn.</summary>
    /// <remarks>Who stops reading, by cancellation or by leaving the loop, ends the request, and its place in the batch is free at the next step.</remarks>
    /// <exception cref="SocietyException">Too much waits already (<see cref="SocietyException.Busy"/>), the prompt does not fit the context, or the adapter is unknown.</exception>
    /// <exception cref="ObjectDisposedException">The model was taken down meanwhile.</exception>
    public async IAsyncEnumerable<TextPiece> GenerateAsync(TextRequest request, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        string id = $"text-{Interlocked.Increment(ref _named)}";
        // Here and not on the engine's thread, where everybody would wait for it.
        AnswerForm? form = null;
        if (request is not { Pattern: null, Schema: null })
        {
            form = await FormAsync(request, cancellation).ConfigureAwait(false);
            if (form is null)
            {
                yield return new TextAssembly(_model.Tokenizer, _model.EndTokens, request.Stops).Finish(new TextEnd(AtLimit: true, request.Prompt.Length, CompletionTokens: 0));
                yield break;
            }
        }

        Channel<TextPiece> pieces = Channel.CreateUnbounded<TextPiece>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        Post(() => Submit(id, request, form, pieces.Writer));
        try
        {
            await foreach (TextPiece piece in pieces.Reader.ReadAllAsync(cancellation).ConfigureAwait(false)) yield return piece;
        }
        finally
        {
            if (!pieces.Reader.Completion.IsCompleted) TryPost(() => Cancel(id));
        }
    }

    /// <summary>Makes the engine, which the first request would otherwise wait for; its memory is taken and its threads run then.</summary>
    /// <returns>Ends when it is there, with what hindered it.</returns>
    public Task StartAsync() => DoAsync(() => _engine ??= _start());

    /// <summary>Changes the model between two steps. Texts that are being written keep the adapter that they were begun with, and go on under new shared weights.</summary>
    /// <param name="change">Adds, removes or merges adapters, or writes to weights and says to which (<see cref="LanguageModel.AdapterChanged"/>); one that says nothing counts as a change of all.</param>
    /// <returns>Ends when the change is made, with what it threw.</returns>
    public Task ChangeAsync(Action<LanguageModel> change) => DoAsync(() =>
    {
        long before = _model.WeightsVersion;
        change(_model);
        if (_model.WeightsVersion == before) _model.WeightsChanged();
        Adapters = [.. _model.Adapters.Keys.Order(StringComparer.Ordinal)];
    });

    /// <summary>Ends what is being written and the thread.</summary>
    public void Dispose()
    {
        if (_stopping.IsCancellationRequested) return;
        // In this order: what is taken in is carried out or told, so that nobody waits for ever.
        _commands.CompleteAdding();
        _stopping.Cancel();
        _thread.Join();
        _commands.Dispose();
        _stopping.Dispose();
    }

    /// <summary>The form that the answer is to have; null where the deadline passed before it was prepared.</summary>
    private async Task<AnswerForm?> FormAsync(TextRequest request, CancellationToken cancellation)
    {
        using CancellationTokenSource until = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (request.Deadline is { } deadline) until.CancelAfter(TimeSpan.FromTicks(Math.Clamp((deadline - DateTimeOffset.UtcNow).Ticks, 0, TimeSpan.TicksPerDay)));
        try
        {
            return await _model.PrepareAsync(request.Pattern, request.Schema, until.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>Does something between two steps.</summary>
    private Task DoAsync(Action work)
    {
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() =>
        {
            try
            {
                work();
                done.SetResult();
            }
            catch (Exception fault)
            {
                // It belongs to whoever asked for it.
                done.SetException(fault);
            }
        });
        return done.Task;
    }

    private void Post(Action command) => ObjectDisposedException.ThrowIf(!TryPost(command), this);

    /// <summary>False where the model is taken down.</summary>
    private bool TryPost(Action command)
    {
        try
        {
            _commands.Add(command);
            return true;
        }
        catch (Exception late) when (late is InvalidOperationException or ObjectDisposedException)
        {
            return false;
        }
    }

    private void Work()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                if (_engine is { Idle: false }) Step(_engine);
                else if (_commands.TryTake(out Action? command, Timeout.Infinite, _stopping.Token)) command();
                while (_commands.TryTake(out Action? waiting)) waiting();
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                break;
            }
            catch (Exception fault)
            {
                // A step that broke off leaves the batch half done: its requests fail, and the next ones get a new engine.
                EndAll(fault);
                _engine?.Dispose();
                _engine = null;
            }
        }

        while (_commands.TryTake(out Action? late)) late();
        EndAll(new ObjectDisposedException(nameof(LocalModel)));
        _engine?.Dispose();
    }

    private void Step(DecodingEngine engine)
    {
        foreach (Generation generation in engine.Step())
        {
            if (!_open.Remove(generation.Id, out Open? open)) continue;
            if (generation.Failure is { } failure)
            {
                open.Pieces.Complete(new SocietyException(failure, badInput: generation.FinishReason == FinishReason.PatternImpossible));
                continue;
            }

            open.Pieces.TryWrite(open.Text.Finish(new TextEnd(generation.FinishReason is FinishReason.MaximumTokens or FinishReason.ContextFull or FinishReason.DeadlinePassed, open.PromptTokens, open.Text.Count)));
            open.Pieces.Complete();
        }
    }

    private void Submit(string id, TextRequest request, AnswerForm? form, ChannelWriter<TextPiece> pieces)
    {
        try
        {
            TextAssembly text = new(_model.Tokenizer, _model.EndTokens, request.Stops);
            ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, this);
            _engine ??= _start();
            _engine.Submit(new GenerationRequest
            {
                Id = id,
                Prompt = request.Prompt,
                Adapter = request.Adapter,
                Sampling = request.Sampling,
                Key = request.Key,
                MaximumTokens = request.MaximumTokens,
                Alternatives = request.Alternatives,
                Form = form,
                Owner = request.Owner,
                Deadline = request.Deadline,
                Observer = token =>
                {
                    if (text.Add(token) is { } piece) pieces.TryWrite(piece);
                    return !text.Stopped;
                },
            });
            _open.Add(id, new Open(text, pieces, request.Prompt.Length));
        }
        catch (Exception fault)
        {
            // Nobody else knows of the request yet: without this its reader waits for ever.
            pieces.TryComplete(fault);
            if (fault is not (SocietyException or ArgumentException or ObjectDisposedException)) throw;
        }
    }

    private void Cancel(string id)
    {
        if (!_open.Remove(id, out Open? open)) return;
        _engine?.Cancel(id);
        open.Pieces.Complete();
    }

    private void EndAll(Exception fault)
    {
        foreach (Open open in _open.Values) open.Pieces.Complete(fault);
        _open.Clear();
    }

    private sealed record Open(TextAssembly Text, ChannelWriter<TextPiece> Pieces, int PromptTokens);
}
