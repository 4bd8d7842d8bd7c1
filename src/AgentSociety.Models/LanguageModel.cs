using System.Text.Json.Nodes;
using AgentSociety.Core;
using AgentSociety.Core.Scenarios;
using AgentSociety.Models.Patterns;
using static TorchSharp.torch;

namespace AgentSociety.Models;

/// <summary>A decoder, its tokenizer, and the adapters of the agents that share it.</summary>
/// <remarks>A folder holds it as <c>config.json</c>, <c>model.safetensors</c>, the tokenizer, and <c>adapters/NAME</c> in PEFT's layout.</remarks>
public sealed class LanguageModel : IDisposable
{
    /// <summary>The folder of the adapters in a model's folder.</summary>
    internal const string AdaptersFolder = "adapters";

    /// <summary>What requests call the shared weights alone.</summary>
    public const string BaseName = "base";

    private readonly Dictionary<string, Adapter> _adapters = [];
    private readonly Dictionary<string, long> _adapterVersions = [];
    private readonly Dictionary<string, long> _merged = [];
    private bool _asStored;

    private LanguageModel(Decoder decoder, ITokenizer tokenizer, GenerationConfig? generation = null, ChatTemplate? template = null)
    {
        Decoder = decoder;
        Tokenizer = tokenizer;
        Generation = generation ?? new GenerationConfig();
        Template = template;
        EndTokens = [.. Generation.EndTokens.Append(tokenizer.EndOfText).Distinct()];
        Forms = new AnswerForms(tokenizer, EndTokens);
    }

    /// <summary>The shared weights.</summary>
    public Decoder Decoder { get; }

    /// <summary>Text to tokens and back.</summary>
    public ITokenizer Tokenizer { get; }

    /// <summary>What the model's publisher advises for sampling.</summary>
    public GenerationConfig Generation { get; }

    /// <summary>How a conversation is laid out; null where the model knows none.</summary>
    public ChatTemplate? Template { get; }

    /// <summary>All tokens that end a text; <see cref="ITokenizer.EndOfText"/> is one of them.</summary>
    public IReadOnlyList<int> EndTokens { get; }

    /// <summary>Forms that answers were asked to have.</summary>
    internal AnswerForms Forms { get; }

    /// <summary>Adapters by name.</summary>
    public IReadOnlyDictionary<string, Adapter> Adapters => _adapters;

    /// <summary>Counts the changes of weights; engines that keep a copy compare it.</summary>
    public long WeightsVersion { get; private set; } = 1;

    /// <summary>The <see cref="WeightsVersion"/> at which the shared weights changed last.</summary>
    public long SharedVersion { get; private set; } = 1;

    /// <summary>Number of shared weights.</summary>
    public long ParameterCount => Decoder.Parameters.Sum(parameter => parameter.Weight.numel());

    /// <summary>A model with drawn weights.</summary>
    public static LanguageModel Create(ArchitectureSettings settings, ITokenizer tokenizer, ulong seed) =>
        Create(DecoderConfig.From(settings, tokenizer.VocabularySize), tokenizer, seed);

    /// <summary>A model of any family with drawn weights.</summary>
    public static LanguageModel Create(DecoderConfig config, ITokenizer tokenizer, ulong seed) =>
        new(Decoder.Create(config, seed, TorchRuntime.Device), tokenizer);

    /// <summary>Reads a model's folder, adapters included.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="asStored">True to leave the weights in the file and its number format: enough to decode, convert and look at, not to train (see <see cref="Decoder.Load"/>).</param>
    /// <param name="foreign">True for a folder from elsewhere, which is only read: one in which a save was broken off is refused, where else it is brought to an end.</param>
    /// <exception cref="SocietyException">A file is missing or damaged, or does not fit the others.</exception>
    public static LanguageModel Load(string folder, bool asStored = false, bool foreign = false)
    {
        if (!Directory.Exists(folder)) throw new SocietyException($"{folder}: no such folder; a model is a folder with config.json, {CheckpointFiles.WeightsFile} and a tokenizer");
        return ModelFolder.Whole(folder, foreign, () => Read(folder, asStored, foreign));
    }

    private static LanguageModel Read(string folder, bool asStored, bool foreign)
    {
        DecoderConfig config = DecoderConfig.Load(folder);
        GenerationConfig generation = GenerationConfig.Load(folder, config);
        ITokenizer tokenizer = TokenizerFolder.Load(folder, generation.EndTokens.Count > 0 ? generation.EndTokens[0] : null);
        // Published models round their vocabulary up; a home-grown one has the alphabet's size to the last id.
        if (tokenizer.VocabularySize > config.VocabularySize || (tokenizer is CharacterTokenizer && tokenizer.VocabularySize != config.VocabularySize))
            throw new SocietyException($"{folder}: the tokenizer has {tokenizer.VocabularySize} tokens and config.json says {config.VocabularySize}; the files belong to different models");
        ChatTemplate? template = ChatTemplate.Find(folder);
        LanguageModel model = new(Decoder.Load(config, folder, TorchRuntime.Device, asStored), tokenizer, generation, template) { _asStored = asStored };
        if (model.Decoder.NotFinite() is { } broken)
        {
            model.Dispose();
            throw new SocietyException($"{folder}: tensor {broken} holds values that are no numbers (NaN or infinite); a model with them can say nothing: take an earlier checkpoint");
        }

        string adapters = Path.Combine(folder, AdaptersFolder);
        try
        {
            foreach (string adapter in Directory.Exists(adapters) ? Directory.EnumerateDirectories(adapters).Where(adapter => !FolderSave.NeverSaved(adapter)).Order(StringComparer.Ordinal) : Enumerable.Empty<string>())
                model._adapters[CheckedName(Path.GetFileName(adapter), adapter)] = Adapter.Load(adapter, model.Decoder, foreign, asStored);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Writes the model's folder as it is, adapters included; the files of a model that was there before go, all at once or, where the place takes no more, none.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="SocietyException">The place takes no more.</exception>
    public void Save(string folder) => ModelFolder.Save(this, folder, type: null, adapters: true, forOthers: false);

    /// <summary>Writes the model's folder in another number format.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="type">The format; null for the one that the weights have.</param>
    /// <exception cref="SocietyException">The place takes no more.</exception>
    public void Save(string folder, ScalarType? type) => ModelFolder.Save(this, folder, type, adapters: true, forOthers: false);

    /// <summary>Reads an adapter's PEFT folder; weights in bfloat16 stay so where the model was loaded as stored.</summary>
    /// <param name="name">What the model is to call it.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="foreign">See <see cref="Load"/>.</param>
    /// <exception cref="SocietyException">The adapter does not fit the model, or the model has one of that name.</exception>
    public Adapter LoadAdapter(string name, string folder, bool foreign = false)
    {
        CheckedName(name, folder);
        if (_adapters.ContainsKey(name)) throw new SocietyException($"the model has an adapter '{name}' already; choose another name");
        Adapter adapter = Adapter.Load(folder, Decoder, foreign, _asStored);
        _adapters.Add(name, adapter);
        AdapterChanged(name);
        return adapter;
    }

    /// <summary>Tokens of a conversation up to where the assistant's next turn begins. Names of special tokens in what was said are text.</summary>
    /// <exception cref="SocietyException">The model has no chat template, or it refuses the conversation.</exception>
    public int[] EncodeChat(IReadOnlyList<ChatTurn> turns, JsonArray? tools = null, IReadOnlyDictionary<string, object?>? variables = null)
    {
        if (Template is null) throw new SocietyException("the model has no chat template; use one that was tuned for conversation, or put a chat_template.jinja into its folder");
        return Tokenizer.EncodeMarkup(Template.Render(turns, prompt: true, tools, variables, Tokenizer.Shield));
    }

    /// <summary>
    /// Tokens of a whole conversation for training, and which of them the assistant wrote. Each part is encoded by itself, as the assistant's turns are sampled
    /// behind a prompt that is encoded by itself.
    /// </summary>
    /// <exception cref="SocietyException">The model has no chat template, or it refuses the conversation (see <see cref="ChatTemplate.RenderMarked"/>).</exception>
    public (int[] Tokens, bool[] Written) EncodeConversation(IReadOnlyList<ChatTurn> turns, JsonArray? tools = null)
    {
        if (Template is null) throw new SocietyException("the model has no chat template; use one that was tuned for conversation, or put a chat_template.jinja into its folder");
        MarkedText marked = Template.RenderMarked(turns, tools, shield: Tokenizer.Shield);
        List<int> tokens = [];
        List<bool> written = [];
        int done = 0;
        foreach ((int start, int end) in marked.Written)
        {
            Add(done, start, false);
            Add(start, end, true);
            done = end;
        }

        Add(done, marked.Text.Length, false);
        return ([.. tokens], [.. written]);

        void Add(int from, int to, bool own)
        {
            if (from == to) return;
            int[] part = tokens.Count == 0 ? Tokenizer.EncodeMarkup(marked.Text[from..to]) : Tokenizer.EncodeMarkupContinuation(marked.Text[from..to]);
            tokens.AddRange(part);
            written.AddRange(Enumerable.Repeat(own, part.Length));
        }
    }

    /// <summary>Prepares the form that an answer is to have, on a thread of the pool; a form that was asked for before is there already. Safe to call while others decode.</summary>
    /// <param name="pattern">See <see cref="GenerationRequest.Pattern"/>; null for a schema.</param>
    /// <param name="schema">See <see cref="GenerationRequest.Schema"/>; null for a pattern.</param>
    /// <param name="cancellation">Ends the waiting; a form that nobody waits for any more is not begun.</param>
    /// <exception cref="SocietyException">The form cannot be kept, both are asked for, or too many are being prepared (<see cref="SocietyException.Busy"/>).</exception>
    public Task<AnswerForm> PrepareAsync(string? pattern, string? schema, CancellationToken cancellation = default) =>
        pattern is null == schema is null ? throw new SocietyException("an answer is held to a pattern or to a schema; leave one of them out") : Forms.OfAsync(pattern, schema, cancellation);

    /// <summary>Adds an adapter that changes nothing yet.</summary>
    /// <exception cref="SocietyException">The name means the shared weights.</exception>
    public Adapter AddAdapter(string name, LoraSettings settings, ulong seed)
    {
        CheckedName(name, place: null);
        Adapter adapter = Adapter.Create(Decoder, settings, seed);
        _adapters.Add(name, adapter);
        AdapterChanged(name);
        return adapter;
    }

    /// <summary>Drops an adapter. Sequences that decode with it go on to their end; requests that wait for it fail (<see cref="FinishReason.AdapterGone"/>).</summary>
    /// <exception cref="SocietyException">There is no such adapter.</exception>
    public void RemoveAdapter(string name)
    {
        Find(name, "remove").Dispose();
        _adapters.Remove(name);
        WeightsVersion++;
    }

    /// <summary>Adds an adapter's update to the shared weights and drops the adapter; the model then behaves as it did with it.</summary>
    /// <exception cref="SocietyException">There is no such adapter, or a sum would not be finite; nothing was changed.</exception>
    public void Merge(string name)
    {
        Adapter adapter = Find(name, "merge");
        using var frozen = no_grad();
        // All sums before the first is kept: half of an update would be no model.
        foreach ((string weightName, Tensor weight, Func<Tensor> update) in Updates())
        {
            using var scope = NewDisposeScope();
            if (!Decoder.IsFinite(weight.detach().clone().Accumulate(update(), adapter.Scale)))
                throw new SocietyException($"the adapter '{name}' cannot be merged: {weightName} would hold values that are no numbers (NaN or infinite); its weights or its lora_alpha of {adapter.Settings.Alpha} are too large: take an earlier one");
        }

        foreach ((_, Tensor weight, Func<Tensor> update) in Updates())
        {
            using var scope = NewDisposeScope();
            weight.Accumulate(update(), adapter.Scale);
        }

        _adapters.Remove(name);
        adapter.Dispose();
        WeightsChanged();
        _merged[name] = WeightsVersion;

        IEnumerable<(string Name, Tensor Weight, Func<Tensor> Update)> Updates()
        {
            foreach ((string weightName, Tensor weight) in Decoder.Parameters)
            {
                if (weightName.EndsWith(".weight", StringComparison.Ordinal) && adapter.TryGet(weightName[..^".weight".Length], out Tensor a, out Tensor b))
                    yield return (weightName, weight, () => b.to(ScalarType.Float32).matmul(a.to(ScalarType.Float32)).to(weight.dtype));
            }
        }
    }

    /// <summary>Takes over the weights of another model, adapters included; adapters that only this one has are made anew.</summary>
    /// <param name="other">A model of the same shape; it stays as it is.</param>
    /// <param name="seed">Of adapters that are made anew, as in <see cref="AddAdapter"/>.</param>
    /// <exception cref="SocietyException">The other model has another shape.</exception>
    public void TakeWeights(LanguageModel other, ulong seed)
    {
        Copy(other.Decoder.Parameters, Decoder.Parameters);
        foreach ((string name, Adapter adapter) in _adapters)
        {
            if (other._adapters.TryGetValue(name, out Adapter? source)) Copy(source.Parameters, adapter.Parameters);
            else
            {
                using Adapter fresh = Adapter.Create(Decoder, adapter.Settings, seed);
                Copy(fresh.Parameters, adapter.Parameters);
            }
        }

        WeightsChanged();
    }

    private static void Copy(IEnumerable<(string Name, Tensor Weight)> from, IEnumerable<(string Name, Tensor Weight)> to)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        Dictionary<string, Tensor> sources = from.ToDictionary(weight => weight.Name, weight => weight.Weight, StringComparer.Ordinal);
        foreach ((string name, Tensor weight) in to)
        {
            if (!sources.TryGetValue(name, out Tensor? source) || !source.shape.SequenceEqual(weight.shape))
                throw new SocietyException($"the weights {name} [{string.Join(", ", weight.shape)}] cannot be taken over: the other model has {(source is null ? "none of that name" : $"[{string.Join(", ", source.shape)}]")}");
            weight.copy_(source);
        }
    }

    /// <summary>Must be called after shared weights, or any of whichever kind, were changed and before they are decoded with.</summary>
    public void WeightsChanged()
    {
        AdaptersChanged();
        SharedVersion = WeightsVersion;
    }

    /// <summary>Must be called after weights of adapters alone were changed and before they are decoded with.</summary>
    public void AdaptersChanged()
    {
        WeightsVersion++;
        foreach (string name in _adapters.Keys) _adapterVersions[name] = WeightsVersion;
    }

    /// <summary>Must be called after the weights of this adapter alone were changed and before they are decoded with.</summary>
    public void AdapterChanged(string name) => _adapterVersions[name] = ++WeightsVersion;

    /// <summary>The <see cref="WeightsVersion"/> at which an adapter's weights changed last.</summary>
    public long AdapterVersionOf(string name) => _adapterVersions.GetValueOrDefault(name, 1);

    /// <summary>The <see cref="WeightsVersion"/> at which an adapter of this name was merged last: older versions of it stand in the shared weights already. 0 for never.</summary>
    internal long MergedAt(string name) => _merged.GetValueOrDefault(name);

    /// <summary>Requests for the shared weights alone name them so; an adapter of that name would never be decoded with. Any other becomes a folder's name.</summary>
    private static string CheckedName(string name, string? place) => name is "" or BaseName
        ? throw new SocietyException($"{(place is null ? "" : $"{place}: ")}an adapter cannot be called '{name}', which means the shared weights; give it another name")
        : FolderSave.IsPlain(name) ? name
        : throw new SocietyException($"{(place is null ? "" : $"{place}: ")}an adapter cannot be called '{name}', since no folder can; give it a name without slashes");

    private Adapter Find(string name, string purpose) => _adapters.TryGetValue(name, out Adapter? adapter) ? adapter
        : throw new SocietyException($"the model has no adapter '{name}' to {purpose}; it has {(_adapters.Count == 0 ? "none" : string.Join(", ", _adapters.Keys.Order(StringComparer.Ordinal)))}");

    /// <inheritdoc />
    public void Dispose()
    {
        Decoder.Dispose();
        foreach (Adapter adapter in _adapters.Values) adapter.Dispose();
    }
}
