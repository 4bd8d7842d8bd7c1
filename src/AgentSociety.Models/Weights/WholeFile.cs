namespace AgentSociety.Models;

/// <summary>Writes files that appear whole or not at all, also when the machine stops in between.</summary>
internal static class WholeFile
{
    /// <summary>Writes a temporary file beside the target, forces it to disk, and renames it.</summary>
    public static void Write(string path, Action<Stream> write)
    {
        string temporary = path + ".tmp";
        using (FileStream file = new(temporary, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16))
        {
            write(file);
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Writes text as UTF-8.</summary>
    public static void Write(string path, string text) => Write(path, file => file.Write(System.Text.Encoding.UTF8.GetBytes(text)));
}
