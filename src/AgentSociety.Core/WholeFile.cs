namespace AgentSociety.Core;

/// <summary>Writes files that appear whole or not at all, also when the machine stops in between.</summary>
public static class WholeFile
{
    /// <summary>Writes a temporary file beside the target, forces it to disk, and renames it.</summary>
    /// <exception cref="SocietyException">The place takes no more.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        string temporary = path + ".tmp";
        try
        {
            using FileStream file = new(temporary, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16);
            write(file);
            file.Flush(flushToDisk: true);
            file.Close();
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception cause)
        {
            // What was written takes the room that is missing.
            if (File.Exists(temporary)) File.Delete(temporary);
            // A file that may grow no further (a quota, a small file system) is to .NET an argument out of range.
            if (cause is not (IOException or UnauthorizedAccessException or ArgumentOutOfRangeException { ParamName: "value" })) throw;
            bool denied = cause is UnauthorizedAccessException;
            throw new SocietyException($"{path}: cannot be written ({cause.Message.ReplaceLineEndings(" ")}); {(denied ? "name another place, or get access to this one" : "nothing was changed there, make room or name another place")}", badInput: denied, cause);
        }
    }

    /// <summary>Writes text as UTF-8.</summary>
    public static void Write(string path, string text) => Write(path, file => file.Write(System.Text.Encoding.UTF8.GetBytes(text)));
}
