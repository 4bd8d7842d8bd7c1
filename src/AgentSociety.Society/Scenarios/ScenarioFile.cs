using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Scenarios;
using AgentSociety.Environments;
using AgentSociety.Models;

namespace AgentSociety.Society;

/// <summary>Reads scenario files: strictly, with all faults at once, each with its place.</summary>
public static class ScenarioFile
{
    /// <summary>Reads a scenario file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="overrides">Changes as <c>path.to.key=value</c> with YAML values; a list's items by index, or the list as flow YAML.</param>
    /// <param name="seed">In place of the file's seed.</param>
    /// <exception cref="SocietyException">The file cannot be read, or something in it is wrong: one line for each fault.</exception>
    public static LoadedScenario Load(string path, IReadOnlyList<string>? overrides = null, long? seed = null) => Parse(ReadText(path), path, overrides, seed);

    /// <summary>Reads a scenario from its text.</summary>
    /// <param name="yaml">The text.</param>
    /// <param name="file">Names it in faults; <c>model.base</c>, <c>culture.placeboDatabase</c> and the files of an environment's options are relative to its folder.</param>
    /// <param name="overrides">As for <see cref="Load"/>.</param>
    /// <param name="seed">As for <see cref="Load"/>.</param>
    /// <exception cref="SocietyException">Something in it is wrong: one line for each fault.</exception>
    public static LoadedScenario Parse(string yaml, string file, IReadOnlyList<string>? overrides = null, long? seed = null) =>
        Read(yaml, file, overrides ?? [], seed, Path.GetDirectoryName(Path.GetFullPath(file))!, null);

    /// <summary>Reads a run's own copy of its scenario: the folder that <c>model.base</c> is relative to may be far away, so that the run says where its base model is.</summary>
    /// <param name="yaml">The text of <see cref="LoadedScenario.Yaml"/>.</param>
    /// <param name="file">Names it in faults.</param>
    /// <param name="baseFolder">The folder of the base model; null where the run has none or needs none any more.</param>
    /// <exception cref="SocietyException">Something in it is wrong: one line for each fault.</exception>
    public static LoadedScenario OfRun(string yaml, string file, string? baseFolder = null) => Read(yaml, file, [], null, null, baseFolder);

    /// <summary>The scenario that a run has recorded, for display: its values are read, and nothing is opened or started for them.</summary>
    /// <param name="yaml">The text of <see cref="LoadedScenario.Yaml"/>.</param>
    /// <param name="file">Names it in faults.</param>
    /// <exception cref="SocietyException">Something in it is wrong: one line for each fault.</exception>
    public static Scenario Recorded(string yaml, string file) => (Scenario)Bind(typeof(Scenario), yaml, file);

    /// <summary>Settings that come from overrides alone, such as those of a command.</summary>
    /// <param name="overrides">As for <see cref="Load"/>.</param>
    /// <exception cref="SocietyException">Something in them is wrong: one line for each fault.</exception>
    public static T Settings<T>(IReadOnlyList<string> overrides)
        where T : notnull => (T)Settings(typeof(T), overrides);

    /// <summary>An environment's options from overrides alone.</summary>
    /// <exception cref="SocietyException">Something in them is wrong: one line for each fault.</exception>
    public static object Settings(Type record, IReadOnlyList<string> overrides) => Bind(record, new YamlPart.Mapping(new Place("--set"), []), overrides, new Faults());

    /// <summary>A file of other settings than a scenario's, read as strictly.</summary>
    /// <exception cref="SocietyException">The file cannot be read, or something in it is wrong: one line for each fault.</exception>
    internal static T LoadSettings<T>(string path)
        where T : notnull => (T)Bind(typeof(T), ReadText(path), path);

    private static object Bind(Type record, string yaml, string file)
    {
        Faults faults = new();
        return Bind(record, Root(yaml, file, faults), [], faults);
    }

    private static object Bind(Type record, YamlPart.Mapping root, IReadOnlyList<string> overrides, Faults faults)
    {
        foreach (string text in overrides) Overrides.Apply(root, record, text, new Place($"--set {text}"), faults, Variant);
        object bound = new SettingsBinder(faults, Variant).Bind(record, nullable: false, root, "")!;
        faults.Throw();
        return bound;
    }

    private static YamlPart.Mapping Root(string yaml, string file, Faults faults)
    {
        YamlPart? part = YamlReader.Read(yaml, mark => new Place(file, mark.Line, mark.Column), faults);
        // After broken syntax every further fault would be a consequence of it; after a key that stands twice it is not.
        if (part is null) faults.Throw();
        if (part is null or YamlPart.Scalar { IsNull: true }) throw new SocietyException($"{file}: the file is empty; begin with name: and environment: (docs/scenarios.md)");
        if (part is not YamlPart.Mapping) faults.Throw();
        return part as YamlPart.Mapping ?? throw new SocietyException($"{part.At}: a scenario is keys with values, not {part.Kind}");
    }

    /// <param name="yaml">The text.</param>
    /// <param name="file">Names it in faults.</param>
    /// <param name="overrides">Changes.</param>
    /// <param name="seed">In place of the text's seed.</param>
    /// <param name="beside">The folder that the files it names are relative to; null for a run's own copy, which has taken in what it needs of them.</param>
    /// <param name="baseFolder">The base model of a run's own copy.</param>
    private static LoadedScenario Read(string yaml, string file, IReadOnlyList<string> overrides, long? seed, string? beside, string? baseFolder)
    {
        Faults faults = new();
        YamlPart.Mapping root = Root(yaml, file, faults);
        foreach (string text in overrides) Overrides.Apply(root, typeof(Scenario), text, new Place($"--set {text}"), faults, Variant);
        if (seed is { } number) Overrides.Apply(root, typeof(Scenario), $"seed={number}", new Place($"--seed {number}"), faults, Variant);

        SettingsBinder binder = new(faults, Variant);
        Scenario scenario = (Scenario)binder.Bind(typeof(Scenario), nullable: false, root, "")!;
        EnvironmentEntry? entry = Entry(root);
        if (entry is null && root["environment"] is YamlPart.Mapping named && named["name"] is YamlPart.Scalar { Text: { Length: > 0 } name } scalar)
            faults.Add(scalar.At, "environment.name", $"there is no environment '{name}'; {Nearest.Hint(name, [.. EnvironmentCatalog.All.Select(known => known.Name)])}");
        if (scenario.Model?.Base is not { Length: > 0 } given) baseFolder = null;
        else if (beside is not null) baseFolder = Path.GetFullPath(given, beside);
        if (baseFolder is not null) RequireBase(scenario.Model!.Base!, baseFolder, binder.PlaceOf("model.base"), faults);
        if (beside is not null) RequirePlacebo(scenario.Culture, beside, binder, faults);
        faults.Throw();

        if (beside is not null) PlaceFiles(scenario.Environment.Options!, beside);
        ScenarioChecks.Check(scenario, entry!, binder.PlaceOf, faults);
        faults.Throw();
        string resolved = SettingsText.Write(scenario);
        return new LoadedScenario
        {
            File = file,
            Scenario = scenario,
            EnvironmentOptions = scenario.Environment.Options!,
            Yaml = resolved,
            Hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(resolved))),
            BaseFolder = baseFolder,
        };
    }

    /// <summary>The record behind <c>environment.options</c>, by the name beside it.</summary>
    private static Type? Variant(PropertyInfo property, YamlPart.Mapping beside) =>
        property.DeclaringType == typeof(EnvironmentSettings) && beside["name"] is YamlPart.Scalar name ? EnvironmentCatalog.Find(name.Text)?.OptionsType : null;

    private static EnvironmentEntry? Entry(YamlPart.Mapping root) =>
        root["environment"] is YamlPart.Mapping environment && environment["name"] is YamlPart.Scalar name ? EnvironmentCatalog.Find(name.Text) : null;

    private static void RequireBase(string given, string folder, Place at, Faults faults)
    {
        if (Directory.Exists(folder))
        {
            if (!ModelFolder.IsModel(folder)) faults.Add(at, "model.base", $"{given} is no model: it holds no config.json; name a checkpoint's folder");
            return;
        }

        string? parent = Path.GetDirectoryName(folder);
        string? near = Directory.Exists(parent) ? Nearest.To(Path.GetFileName(folder), Directory.EnumerateDirectories(parent).Select(sibling => Path.GetFileName(sibling))) : null;
        faults.Add(at, "model.base", $"there is no folder {given} beside the scenario{(near is null ? "; name a checkpoint's folder, or leave the key out to train a base model first" : $"; did you mean {Path.Combine(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(given)) ?? "", near)}?")}");
    }

    private static void RequirePlacebo(CultureSettings? culture, string beside, SettingsBinder binder, Faults faults)
    {
        const string Key = "culture.placeboDatabase";
        if (culture is not { Shown: NotesShown.Placebo, PlaceboDatabase: { Length: > 0 } given } || File.Exists(Path.GetFullPath(given, beside))) return;
        faults.Add(binder.PlaceOf(Key), Key, $"there is no file {given} beside the scenario; name another run's society.db");
    }

    /// <summary>Makes the files that an environment's options name absolute, so that a run finds them wherever it is resumed from.</summary>
    private static void PlaceFiles(object options, string beside)
    {
        foreach (PropertyInfo property in options.GetType().GetProperties().Where(property => property.IsDefined(typeof(FileOptionAttribute))))
            if (property.GetValue(options) is string { Length: > 0 } given) property.SetValue(options, Path.GetFullPath(given, beside));
    }

    private static string ReadText(string path)
    {
        if (Directory.Exists(path)) throw new SocietyException($"{path}: this is a folder; name a scenario file in it");
        if (!File.Exists(path))
        {
            string folder = Path.GetDirectoryName(path) is { Length: > 0 } given ? given : ".";
            string[] files = Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, "*.yaml").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)] : [];
            string hint = files.Length == 0 ? "name a scenario file"
                : Nearest.To(Path.GetFileName(path), files) is { } near ? $"did you mean {Path.Combine(Path.GetDirectoryName(path)!, near)}?"
                : Nearest.Hint(Path.GetFileName(path), files) + (folder == "." ? "" : $" in {folder}");
            throw new SocietyException($"{path}: there is no such file; {hint}");
        }

        try
        {
            if (new FileInfo(path).Length > 4L * YamlReader.LongestText) throw new SocietyException($"{path}: the file is too large for a scenario; name another");
            return File.ReadAllText(path, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException or DecoderFallbackException)
        {
            throw new SocietyException($"{path}: cannot be read as text ({cause.Message.ReplaceLineEndings(" ")})", cause: cause);
        }
    }
}
