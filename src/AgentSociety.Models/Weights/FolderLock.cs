using AgentSociety.Core;

namespace AgentSociety.Models;

/// <summary>Keeps a folder to one of those who change its files, until it is disposed; the system takes it back from a program that is killed.</summary>
internal sealed class FolderLock : IDisposable
{
    /// <summary>The file that is held; it goes with the lock, or stays, empty of meaning, behind a program that was killed.</summary>
    public const string FileName = ".saving.lock";

    private const int LongestMark = 1 << 20;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);
    private readonly FileStream _file;

    private FolderLock(FileStream file) => _file = file;

    /// <summary>Waits for the folder, however long another needs it.</summary>
    /// <exception cref="SocietyException">The lock's file is a link, which may lead anywhere.</exception>
    /// <exception cref="IOException">The folder takes no file.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder takes no file.</exception>
    public static FolderLock Take(string folder)
    {
        string path = Path.Combine(folder, FileName);
        while (true)
        {
            if (new FileInfo(path).LinkTarget is not null) throw new SocietyException($"{path}: is a link, and a folder's lock must not be one; take it away");
            try
            {
                FileStream file = new(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, bufferSize: 0);
                // Whoever had it before may have taken the file away between opening and holding: then another's is there, of another length.
                file.SetLength(Random.Shared.Next(1, LongestMark));
                FileInfo there = new(path);
                if (there.Exists && there.Length == file.Length) return new FolderLock(file);
                file.Dispose();
            }
            catch (IOException held) when (IsHeld(held))
            {
                Thread.Sleep(Pause);
            }
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        try
        {
            // While it is held, so that it is nobody else's.
            File.Delete(_file.Name);
        }
        catch (Exception kept) when (kept is IOException or UnauthorizedAccessException)
        {
            // Where an open file cannot go it stays; the next one holds the same.
        }

        _file.Dispose();
    }

    /// <summary>The codes of a sharing violation on Windows, Linux and macOS, which .NET tells in no other way.</summary>
    private static bool IsHeld(IOException failure) => (failure.HResult & 0xFFFF) is 32 or 11 or 35;
}
