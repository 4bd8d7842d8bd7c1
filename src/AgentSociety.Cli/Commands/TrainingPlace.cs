using System.Text.Json;
using AgentSociety.Core;
using AgentSociety.Learning;
using AgentSociety.Models;

namespace AgentSociety.Cli.Commands;

/// <summary>The folder that <c>train</c> writes: a model, where it came from, and, while the training is unfinished, what it needs to go on.</summary>
internal sealed class TrainingPlace
{
    private const string Unfinished = "unfinished", Command = "command.json", StateFile = "state.safetensors";

    private static readonly JsonSerializerOptions Readable = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly string _folder;
    private readonly string _command;

    /// <summary>Opens the folder, which nothing is written into yet.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="command">Everything that the result depends on: a training goes on with the same only.</param>
    /// <exception cref="SocietyException">Something else is there.</exception>
    public TrainingPlace(string folder, object command)
    {
        (_folder, _command) = (folder, JsonSerializer.Serialize(command, Readable));
        State = new FineTuneState(Inside(StateFile));
        if (!Directory.Exists(folder) || !Directory.EnumerateFileSystemEntries(folder).Any()) return;
        if (!State.Exists && !IsBegun) throw new SocietyException($"{folder}: the folder exists and is not empty; name another with --out");
        if (!File.Exists(Inside(Command)) || File.ReadAllText(Inside(Command)) == _command) return;
        string further = State.Exists ? $", or go on from what was reached with --base {folder}" : "";
        throw new SocietyException($"{folder}: holds an unfinished training of another command ({Inside(Command)}); give that command again, name another folder with --out{further}");
    }

    /// <summary>What an unfinished training goes on from.</summary>
    public FineTuneState State { get; }

    /// <summary>Says whose state will be kept; before it is.</summary>
    public void Begin()
    {
        if (File.Exists(Inside(Command))) return;
        Directory.CreateDirectory(Path.Combine(_folder, Unfinished));
        // Whole or not at all: of half a command nobody could say which it was.
        WholeFile.Write(Inside(Command), _command);
    }

    /// <summary>Writes the model with its origin beside it; a finished one needs no state any more.</summary>
    public void Write(LanguageModel model, object origin, bool finished)
    {
        model.Save(_folder);
        WholeFile.Write(Path.Combine(_folder, "training.json"), JsonSerializer.Serialize(origin, Readable) + "\n");
        if (finished && Directory.Exists(Path.Combine(_folder, Unfinished))) Directory.Delete(Path.Combine(_folder, Unfinished), recursive: true);
    }

    /// <summary>True where a training began and was killed before it had kept anything.</summary>
    private bool IsBegun => Directory.EnumerateFileSystemEntries(_folder).All(entry => Path.GetFileName(entry) == Unfinished)
        && Directory.Exists(Path.Combine(_folder, Unfinished)) && Directory.EnumerateFileSystemEntries(Path.Combine(_folder, Unfinished)).All(entry => Path.GetFileName(entry) is Command or Command + ".tmp" or StateFile + ".tmp");

    private string Inside(string file) => Path.Combine(_folder, Unfinished, file);
}
