using AgentSociety.Core;
using static TorchSharp.torch;

namespace AgentSociety.Models;

/// <summary>Writes models for other tools: Hugging Face's folder, in a number format named as people type it.</summary>
public static class ModelFolder
{
    /// <summary>Names of number formats, for help and messages.</summary>
    public const string Types = "f32, f16 or bf16";

    /// <summary>True where a folder holds a model, also one whose save was broken off and has still to be brought to an end, as <see cref="LanguageModel.Load"/> does.</summary>
    public static bool IsModel(string folder) => Files().IsIn(folder);

    /// <summary>Says whether a folder can take a model in.</summary>
    /// <param name="source">The folder that the model comes from; null for none.</param>
    /// <param name="target">The folder.</param>
    /// <exception cref="SocietyException">It is the source, or holds adapters of another model, which would be taken for this one's.</exception>
    public static void CheckTarget(string? source, string target)
    {
        if (source is not null && Path.TrimEndingDirectorySeparator(Path.GetFullPath(source)) == Path.TrimEndingDirectorySeparator(Path.GetFullPath(target)))
            throw new SocietyException($"{target}: source and target are one folder; name another by --out");
        string adapters = Path.Combine(target, LanguageModel.AdaptersFolder);
        if (!Directory.Exists(adapters) || Directory.EnumerateDirectories(adapters).Where(adapter => !FolderSave.NeverSaved(adapter)).Select(Path.GetFileName).Order(StringComparer.Ordinal).ToArray() is not { Length: > 0 } names) return;
        throw new SocietyException($"{target}: holds the adapters {string.Join(", ", names)} of the model that is there, which would be taken for this one's; name another folder, or take {adapters} away");
    }

    /// <summary>Writes the base model without its adapters; a character tokenizer is written as <c>tokenizer.json</c> too.</summary>
    /// <param name="model">The model.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="type">One of <see cref="Types"/>; null for the format that the weights have.</param>
    /// <exception cref="SocietyException">There is no format of that name.</exception>
    public static void Write(LanguageModel model, string folder, string? type)
    {
        ScalarType? stored = TypeOf(type);
        CheckTarget(null, folder);
        Save(model, folder, stored, adapters: false, forOthers: true);
    }

    /// <summary>Writes an adapter as a PEFT folder.</summary>
    /// <param name="adapter">The adapter.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="type">One of <see cref="Types"/>; null for the format that the weights have.</param>
    /// <exception cref="SocietyException">There is no format of that name, or the place takes no more.</exception>
    public static void Write(Adapter adapter, string folder, string? type) => adapter.Save(folder, TypeOf(type));

    /// <summary>Writes a model's folder; see <see cref="LanguageModel.Save(string)"/>.</summary>
    /// <param name="model">The model.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="type">Number format of the weights in the file; null for the one that they have.</param>
    /// <param name="adapters">False to leave the adapters out.</param>
    /// <param name="forOthers">True to write a character tokenizer as other tools know them too.</param>
    /// <param name="files">How; null for the usual way.</param>
    internal static void Save(LanguageModel model, string folder, ScalarType? type, bool adapters, bool forOthers, FolderSave? files = null) => (files ?? Files()).Write(folder, place =>
    {
        ScalarType stored = type ?? model.Decoder["model.norm.weight"].dtype;
        DecoderConfig config = model.Decoder.Config with { StoredType = stored.ToString().ToLowerInvariant() };
        // A generation_config.json says them itself; one that is not there must not appear, since it means greedy decoding.
        (model.Generation.Source is null ? config.With(model.Tokenizer) : config).Save(place);
        model.Tokenizer.Save(place);
        if (forOthers && model.Tokenizer is CharacterTokenizer characters) characters.SaveForOthers(place);
        model.Generation.Save(place);
        model.Template?.Save(place);
        SafetensorsFile.Write(Path.Combine(place, CheckpointFiles.WeightsFile), model.Decoder.Parameters, type);
        foreach ((string name, Adapter adapter) in adapters ? model.Adapters : new Dictionary<string, Adapter>()) adapter.Write(Path.Combine(place, LanguageModel.AdaptersFolder, name));
    });

    /// <summary>Reads a folder that another program may be saving to: what is returned was read between two saves.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="foreign">True for one that must not be changed.</param>
    /// <param name="read">Reads it.</param>
    internal static LanguageModel Whole(string folder, bool foreign, Func<LanguageModel> read)
    {
        FolderSave files = Files();
        for (int time = 1; ; time++)
        {
            if (foreign) FolderSave.RequireSettled(folder);
            else files.Settle(folder);
            DateTime stamp = files.Stamp(folder);
            SocietyException? cause = null;
            try
            {
                LanguageModel model = read();
                if (files.Stamp(folder) == stamp) return model;
                model.Dispose();
            }
            catch (SocietyException parts) when (files.Stamp(folder) != stamp)
            {
                cause = parts;
            }

            if (time == MostReadings) throw new SocietyException($"{folder}: was saved anew each time that it was read; try again once whoever saves there has done", badInput: false, cause);
        }
    }

    /// <summary>What belongs to a model in its folder.</summary>
    internal static FolderSave Files(Action? between = null) => new(
        DecoderConfig.FileName,
        [
            CheckpointFiles.WeightsFile, CheckpointFiles.IndexFile, GenerationConfig.FileName, ChatTemplate.FileName,
            CharacterTokenizer.FileName, TokenizerFile.FileName, TokenizerFile.ConfigName,
        ],
        (LanguageModel.AdaptersFolder, Adapter.Files))
    { Between = between };

    private static ScalarType? TypeOf(string? name) => name switch
    {
        null => null,
        "f32" => ScalarType.Float32,
        "f16" => ScalarType.Float16,
        "bf16" => ScalarType.BFloat16,
        _ => throw new SocietyException($"--type {name}: there is no such number format; use {Types}"),
    };

    private const int MostReadings = 3;
}
