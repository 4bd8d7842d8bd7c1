using AgentSociety.Core;

namespace AgentSociety.Models;

/// <summary>Replaces the files of a folder that belong together, all of them or none, also when the program is killed or the disk is full in between.</summary>
/// <remarks>
/// New files are written into <c>.saving</c> beside the old ones, with a list of their names, and the folder is renamed to <c>.saved</c>: from there on the new ones count, and whoever opens the
/// folder next brings to an end what was begun. First the file goes without which nothing loads the others, and it comes last, so that no other tool finds files of both.
/// Files that are none of these stay.
/// </remarks>
internal sealed class FolderSave
{
    private const string Staged = ".saving";
    private const string Committed = ".saved";
    private const string List = "list";
    private static readonly TimeSpan AnothersTime = TimeSpan.FromSeconds(0.5);
    private readonly string _key;
    private readonly string[] _files;
    private readonly string[] _folders;

    /// <summary>Files that belong together.</summary>
    /// <param name="key">The one without which the others are not looked at.</param>
    /// <param name="files">The others that may be there; those that are not written go.</param>
    /// <param name="folders">Folders of folders; of the inner ones those go that nothing is written into.</param>
    public FolderSave(string key, string[] files, string[] folders)
    {
        _key = key;
        _files = files;
        _folders = folders;
    }

    /// <summary>Called before each change of the folder's own files; tests stop there.</summary>
    internal Action? Between { get; init; }

    /// <summary>Writes the files.</summary>
    /// <param name="folder">The folder; made where there is none.</param>
    /// <param name="write">Writes them into the folder that it is given.</param>
    /// <exception cref="SocietyException">The place takes no more; what was there is there still.</exception>
    public void Write(string folder, Action<string> write)
    {
        string staged = Path.Combine(folder, Staged);
        try
        {
            Directory.CreateDirectory(folder);
            Settle(folder);
            Clear(staged);
            Directory.CreateDirectory(staged);
            write(staged);
            string[] names = [.. Directory.EnumerateFiles(staged, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(staged, file))];
            WholeFile.Write(Path.Combine(staged, List), string.Join('\n', names));
        }
        catch (Exception cause)
        {
            Clear(staged);
            if (cause is SocietyException told) throw new SocietyException(told.Message.Replace(staged, folder, StringComparison.Ordinal), told.BadInput, cause);
            if (cause is not (IOException or UnauthorizedAccessException)) throw;
            throw new SocietyException($"{folder}: cannot be written ({cause.Message}); nothing was changed there, make room or name another place", badInput: false, cause);
        }

        Directory.Move(staged, Path.Combine(folder, Committed));
        Finish(folder);
    }

    /// <summary>Brings to an end what another program has begun and left; to be called before the files are read.</summary>
    /// <exception cref="SocietyException">It cannot be brought to an end.</exception>
    public void Settle(string folder)
    {
        string committed = Path.Combine(folder, Committed);
        // Whoever is at it has done in a moment.
        for (DateTime begun = DateTime.UtcNow; Directory.Exists(committed) && DateTime.UtcNow - begun < Patience(committed); Thread.Sleep(20))
        {
        }

        try
        {
            if (Directory.Exists(committed)) Finish(folder);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new SocietyException($"{folder}: a save was broken off here and cannot be brought to an end ({cause.Message}); give access to the folder", badInput: false, cause);
        }
    }

    /// <summary>When the files were written: two readings that differ have files of both between them.</summary>
    public DateTime Stamp(string folder) => File.GetLastWriteTimeUtc(Path.Combine(folder, _key));

    /// <summary>None where the save is older than anybody needs who is still at it.</summary>
    private static TimeSpan Patience(string committed) => DateTime.UtcNow - Directory.GetLastWriteTimeUtc(committed) > AnothersTime ? TimeSpan.Zero : AnothersTime;

    private void Finish(string folder)
    {
        string committed = Path.Combine(folder, Committed), list = Path.Combine(committed, List);
        if (File.Exists(list))
        {
            string[] names = File.ReadAllText(list).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            if (File.Exists(Path.Combine(committed, _key))) Change(() => File.Delete(Path.Combine(folder, _key)));
            foreach (string gone in _files.Except(names)) Change(() => File.Delete(Path.Combine(folder, gone)));
            foreach (string inner in _folders.SelectMany(outer => Inner(folder, outer)).Where(inner => !names.Any(name => name.StartsWith(inner + Path.DirectorySeparatorChar, StringComparison.Ordinal))))
                Change(() => Directory.Delete(Path.Combine(folder, inner), recursive: true));
            foreach (string name in names.OrderBy(name => name == _key))
            {
                string from = Path.Combine(committed, name), to = Path.Combine(folder, name);
                if (!File.Exists(from)) continue;
                Directory.CreateDirectory(Path.GetDirectoryName(to)!);
                Change(() => File.Move(from, to, overwrite: true));
            }
        }

        Change(() => Clear(committed));
    }

    private static IEnumerable<string> Inner(string folder, string outer)
    {
        string path = Path.Combine(folder, outer);
        return Directory.Exists(path) ? Directory.GetDirectories(path).Select(inner => Path.GetRelativePath(folder, inner)) : [];
    }

    private void Change(Action change)
    {
        Between?.Invoke();
        change();
    }

    private static void Clear(string folder)
    {
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }
}
