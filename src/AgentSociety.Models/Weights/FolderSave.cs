using System.Text.Json;
using AgentSociety.Core;

namespace AgentSociety.Models;

/// <summary>Replaces the files of a folder that belong together, all of them or none, also when the program is killed or the disk is full in between.</summary>
/// <remarks>
/// New files are written into <c>.saving</c> beside the old ones, with a list of their names, and the folder is renamed to <c>.saved</c>: from there on the new ones count, and whoever opens the
/// folder next brings to an end what was begun. First the file goes without which nothing loads the others, and it comes last, so that no other tool finds files of both.
/// Files that are none of these stay. Whoever changes files holds the folder's <see cref="FolderLock"/>. A list may come with a download: names of other files are refused.
/// </remarks>
internal sealed class FolderSave
{
    private const string Staged = ".saving";
    private const string Committed = ".saved";
    private const string List = "list";
    private readonly string _key;
    private readonly string[] _files;
    private readonly (string Folder, FolderSave Files)? _parts;

    /// <summary>Files that belong together.</summary>
    /// <param name="key">The one without which the others are not looked at.</param>
    /// <param name="files">The others that may be there; those that are not written go.</param>
    /// <param name="parts">A folder of folders and what may be in each; those go that nothing is written into. Null for none.</param>
    public FolderSave(string key, string[] files, (string Folder, FolderSave Files)? parts = null)
    {
        _key = key;
        _files = files;
        _parts = parts;
    }

    /// <summary>Called before each change of the folder's own files; tests stop there.</summary>
    internal Action? Between { get; init; }

    /// <summary>True for a name that leads into no other folder, wherever it is used.</summary>
    public static bool IsPlain(string name) => name is not ("" or "." or "..") && !Path.IsPathRooted(name) && !name.Any(sign => sign is '/' or '\\' || char.IsControl(sign));

    /// <summary>True where the first save into a folder was broken off before it counted: nothing is there that anybody could read.</summary>
    public static bool NeverSaved(string folder) => Directory.EnumerateFileSystemEntries(folder).All(entry => Path.GetFileName(entry) is Staged or FolderLock.FileName);

    /// <summary>True where the files are there, also those of a save that has still to be brought to an end.</summary>
    // Once more at the end: in between somebody may have brought them from the one place to the other.
    public bool IsIn(string folder) => File.Exists(Path.Combine(folder, _key)) || File.Exists(Path.Combine(folder, Committed, _key)) || File.Exists(Path.Combine(folder, _key));

    /// <summary>Writes the files.</summary>
    /// <param name="folder">The folder; made where there is none.</param>
    /// <param name="write">Writes them into the folder that it is given.</param>
    /// <exception cref="SocietyException">The place takes no more; what was there is there still.</exception>
    public void Write(string folder, Action<string> write)
    {
        string staged = Path.Combine(folder, Staged);
        string[] made = [.. Missing(folder)];
        try
        {
            Directory.CreateDirectory(folder);
            using FolderLock held = FolderLock.Take(folder);
            RequireOwn(folder);
            End(folder);
            try
            {
                Clear(staged);
                Directory.CreateDirectory(staged);
                write(staged);
                string[] names = [.. Directory.EnumerateFiles(staged, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(staged, file).Replace(Path.DirectorySeparatorChar, '/'))];
                // Such a save could never be brought to an end.
                if (Array.Find(names, name => !Knows(name)) is { } strange) throw new SocietyException($"{folder}: {strange} is no file that belongs there; nothing was changed");
                WholeFile.Write(Path.Combine(staged, List), JsonSerializer.Serialize(names));
                Directory.Move(staged, Path.Combine(folder, Committed));
            }
            catch
            {
                Clear(staged);
                throw;
            }

            End(folder);
        }
        catch (Exception cause)
        {
            Remove(made);
            if (cause is SocietyException told) throw new SocietyException(told.Message.Replace(staged, folder, StringComparison.Ordinal), told.BadInput, cause);
            if (cause is not (IOException or UnauthorizedAccessException)) throw;
            throw new SocietyException($"{folder}: cannot be written ({cause.Message}); nothing was changed there, make room or name another place", badInput: false, cause);
        }
    }

    /// <summary>Brings to an end what another program has begun and left; to be called before the files are read.</summary>
    /// <exception cref="SocietyException">It cannot be brought to an end.</exception>
    public void Settle(string folder)
    {
        if (!Directory.Exists(Path.Combine(folder, Committed))) return;
        try
        {
            using FolderLock held = FolderLock.Take(folder);
            End(folder);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw BrokenOff(folder, cause);
        }
    }

    /// <summary>Refuses a folder from elsewhere in which something is left to be brought to an end: it is only read.</summary>
    /// <exception cref="SocietyException">There is.</exception>
    public static void RequireSettled(string folder)
    {
        if (Directory.Exists(Path.Combine(folder, Committed)))
            throw new SocietyException($"{folder}: holds a save that was broken off, and a folder that is taken in is not changed; if it is your own, 'model info' brings it to an end, else take {Committed} away");
    }

    /// <summary>When the files were written: two readings that differ have files of both between them.</summary>
    public DateTime Stamp(string folder) => File.GetLastWriteTimeUtc(Path.Combine(folder, _key));

    /// <summary>Puts the files that count in their places; the folder's lock must be held.</summary>
    private void End(string folder)
    {
        try
        {
            if (Directory.Exists(Path.Combine(folder, Committed))) Finish(folder);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw BrokenOff(folder, cause);
        }
    }

    private void Finish(string folder)
    {
        string committed = Path.Combine(folder, Committed), list = Path.Combine(committed, List);
        RequireOwn(folder);
        if (File.Exists(list))
        {
            string[] names = Names(list);
            if (File.Exists(Path.Combine(committed, _key))) Change(() => File.Delete(Path.Combine(folder, _key)));
            foreach (string gone in _files.Except(names)) Change(() => File.Delete(Path.Combine(folder, gone)));
            foreach (string part in Parts(folder).Where(part => !names.Any(name => name.StartsWith($"{_parts!.Value.Folder}/{Path.GetFileName(part)}/", StringComparison.Ordinal))))
                Change(() => Directory.Delete(part, recursive: true));
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

    private string[] Names(string list)
    {
        string[] names;
        try
        {
            names = JsonSerializer.Deserialize<string[]>(File.ReadAllText(list)) ?? [];
        }
        catch (JsonException cause)
        {
            throw new SocietyException($"{list}: cannot be read as a list of files ({cause.Message}); take the folder {Committed} away", cause: cause);
        }

        foreach (string name in names)
        {
            if (name is null || !Knows(name)) throw new SocietyException($"{list}: names the file '{name}', which does not belong to what is saved here; take the folder {Committed} away");
        }

        return names;
    }

    private bool Knows(string name) => name == _key || _files.Contains(name)
        || (_parts is { } parts && name.Split('/') is [{ } outer, { } part, { } file] && outer == parts.Folder && IsPlain(part) && parts.Files.Knows(file));

    /// <summary>Refuses links where folders are expected: what is moved and deleted through them may lie anywhere.</summary>
    private void RequireOwn(string folder)
    {
        string committed = Path.Combine(folder, Committed);
        string[] outer = _parts is { } parts ? [Path.Combine(folder, parts.Folder), Path.Combine(committed, parts.Folder)] : [];
        if (((string[])[committed, .. outer, .. Parts(folder), .. Parts(committed)]).FirstOrDefault(place => new DirectoryInfo(place).LinkTarget is not null) is { } link)
            throw new SocietyException($"{link}: is a link to another folder, through which nothing is saved; put the folder itself there");
    }

    private IEnumerable<string> Parts(string folder) => _parts is { } parts && Path.Combine(folder, parts.Folder) is { } outer && Directory.Exists(outer) ? Directory.GetDirectories(outer) : [];

    private static SocietyException BrokenOff(string folder, Exception cause) =>
        new($"{folder}: a save was broken off here and cannot be brought to an end ({cause.Message}); give access to the folder", badInput: false, cause);

    /// <summary>A folder and those that it lies in, as far as they are not there, the inner ones first.</summary>
    private static IEnumerable<string> Missing(string folder)
    {
        for (string? place = Path.GetFullPath(Path.TrimEndingDirectorySeparator(folder)); place is not null && !Directory.Exists(place); place = Path.GetDirectoryName(place)) yield return place;
    }

    private static void Remove(string[] made)
    {
        try
        {
            foreach (string place in made.Where(Directory.Exists)) Directory.Delete(place);
        }
        catch (Exception kept) when (kept is IOException or UnauthorizedAccessException)
        {
            // Something is in it by now; what hindered the save is what has to be told.
        }
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
