using AgentSociety.Core;
using static TorchSharp.torch;

namespace AgentSociety.Models;

/// <summary>Writes models for other tools: Hugging Face's folder, in a number format named as people type it.</summary>
public static class ModelFolder
{
    /// <summary>Names of number formats, for help and messages.</summary>
    public const string Types = "f32, f16 or bf16";

    /// <summary>Says whether a folder can take a model in.</summary>
    /// <param name="source">The folder that the model comes from; null for none.</param>
    /// <param name="target">The folder.</param>
    /// <exception cref="SocietyException">It is the source, or holds adapters of another model, which would be taken for this one's.</exception>
    public static void CheckTarget(string? source, string target)
    {
        if (source is not null && Path.TrimEndingDirectorySeparator(Path.GetFullPath(source)) == Path.TrimEndingDirectorySeparator(Path.GetFullPath(target)))
            throw new SocietyException($"{target}: source and target are one folder; name another by --out");
        string adapters = Path.Combine(target, LanguageModel.AdaptersFolder);
        if (!Directory.Exists(adapters) || Directory.EnumerateDirectories(adapters).Select(Path.GetFileName).Order(StringComparer.Ordinal).ToArray() is not { Length: > 0 } names) return;
        throw new SocietyException($"{target}: holds the adapters {string.Join(", ", names)} of the model that is there, which would be taken for this one's; name another folder, or take {adapters} away");
    }

    /// <summary>Writes the base model without its adapters; a character tokenizer is written as <c>tokenizer.json</c> too.</summary>
    /// <param name="model">The model.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="type">One of <see cref="Types"/>; null for the format that the weights have.</param>
    /// <exception cref="SocietyException">There is no format of that name.</exception>
    public static void Write(LanguageModel model, string folder, string? type)
    {
        ScalarType? stored = type switch
        {
            null => null,
            "f32" => ScalarType.Float32,
            "f16" => ScalarType.Float16,
            "bf16" => ScalarType.BFloat16,
            _ => throw new SocietyException($"--type {type}: there is no such number format; use {Types}"),
        };
        CheckTarget(null, folder);
        model.Save(folder, stored, adapters: false);
        if (model.Tokenizer is CharacterTokenizer characters) characters.SaveForOthers(folder);
    }
}
