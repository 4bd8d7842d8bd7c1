using System.Text.Json;
using AgentSociety.Core;
using static TorchSharp.torch;

namespace AgentSociety.Models;

/// <summary>The weights in a model's folder, in one file or in the shards that an index names, mapped into memory rather than read.</summary>
/// <remarks>
/// A mapped file must not be cut short while the map lives; files that are replaced whole, as this program replaces them, are safe.
/// What is read from a map are the pages of the file itself, so that nothing is held twice.
/// </remarks>
internal sealed class CheckpointFiles : IDisposable
{
    /// <summary>The file of weights in a model's folder.</summary>
    public const string WeightsFile = "model.safetensors";

    /// <summary>The file that says which shard holds which tensor.</summary>
    public const string IndexFile = "model.safetensors.index.json";

    private readonly List<MappedSafetensors> _maps = [];
    private readonly Dictionary<string, MappedSafetensors> _places = [];

    private CheckpointFiles()
    {
    }

    /// <summary>Names of all tensors.</summary>
    public IEnumerable<string> Names => _places.Keys;

    /// <summary>Opens the files of a folder.</summary>
    /// <exception cref="SocietyException">A file is missing or damaged, or index and shards disagree; the message names file and tensor.</exception>
    public static CheckpointFiles Open(string folder)
    {
        CheckpointFiles files = new();
        try
        {
            string index = Path.Combine(folder, IndexFile), single = Path.Combine(folder, WeightsFile);
            if (File.Exists(index)) files.OpenShards(folder, index);
            else if (File.Exists(single)) files.Add(new MappedSafetensors(single));
            else throw new SocietyException($"{folder}: holds neither {WeightsFile} nor {IndexFile}; weights in other formats must be converted to safetensors first");
            return files;
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <summary>The file that holds a tensor.</summary>
    public string? FileOf(string name) => _places.TryGetValue(name, out MappedSafetensors? map) ? map.File : null;

    /// <summary>Shape of a tensor.</summary>
    public IReadOnlyList<long> ShapeOf(string name) => _places[name][name].Shape;

    /// <summary>Type of a tensor.</summary>
    public ScalarType TypeOf(string name) => _places[name][name].Type;

    /// <summary>A tensor's values as they lie in the file; the caller disposes it. Writing to it changes memory, never the file.</summary>
    public Tensor View(string name) => _places[name].View(name);

    /// <summary>Says that a tensor's pages are not needed for now.</summary>
    public void Release(string name) => _places[name].Release(name);

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (MappedSafetensors map in _maps) map.Dispose();
    }

    private void Add(MappedSafetensors map)
    {
        _maps.Add(map);
        foreach (string name in map.Names)
        {
            if (!_places.TryAdd(name, map)) throw new SocietyException($"{map.File}: holds tensor {name}, which {_places[name].File} holds too");
        }
    }

    private void OpenShards(string folder, string index)
    {
        Dictionary<string, string> places = ReadIndex(index);
        foreach (string shard in places.Values.Distinct().Order(StringComparer.Ordinal))
        {
            // A name with a folder in it could point anywhere on the machine.
            if (shard.Length == 0 || Path.GetFileName(shard) != shard) throw new SocietyException($"{index}: names the shard '{shard}', which is no plain file name");
            string file = Path.Combine(folder, shard);
            if (!File.Exists(file)) throw new SocietyException($"{index}: names the shard {shard}, which is not in the folder; the download may be incomplete");
            Add(new MappedSafetensors(file));
        }

        foreach ((string name, string shard) in places)
        {
            if (FileOf(name) is not { } file) throw new SocietyException($"{index}: says that {shard} holds tensor {name}, which it does not");
            if (Path.GetFileName(file) != shard) throw new SocietyException($"{index}: says that {shard} holds tensor {name}, which lies in {Path.GetFileName(file)}");
        }
    }

    private static Dictionary<string, string> ReadIndex(string index)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllText(index));
            return json.RootElement.GetProperty("weight_map").EnumerateObject().ToDictionary(entry => entry.Name, entry => entry.Value.GetString() ?? "");
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException)
        {
            throw new SocietyException($"{index}: cannot be read as an index of shards ({cause.Message})", cause: cause);
        }
    }
}
