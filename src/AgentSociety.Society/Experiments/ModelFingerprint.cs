using System.Security.Cryptography;
using System.Text;

namespace AgentSociety.Society;

/// <summary>Tells whether two model folders hold the same model, whatever they are called.</summary>
public static class ModelFingerprint
{
    /// <summary>SHA-256 of the names and contents of a folder's files, in hexadecimal.</summary>
    public static string Of(string folder)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(folder, file)).Order(StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{file.Replace('\\', '/')}\n"));
            using FileStream stream = File.OpenRead(Path.Combine(folder, file));
            hash.AppendData(SHA256.HashData(stream));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
