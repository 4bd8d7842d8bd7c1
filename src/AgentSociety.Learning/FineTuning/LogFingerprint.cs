using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using AgentSociety.Core;

namespace AgentSociety.Learning;

/// <summary>Tells whether two logs are the same, so that a training goes on with the one that it began with.</summary>
public static class LogFingerprint
{
    /// <summary>The number of episodes and SHA-256 of their ids, tokens and rewards in their order, such as <c>320 episodes, 1f2e...</c></summary>
    public static string Of(IReadOnlyCollection<LoggedEpisode> log)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> number = stackalloc byte[sizeof(double)];
        foreach (LoggedEpisode logged in log)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{logged.RunKey}/{logged.Episode.Id}\n"));
            BinaryPrimitives.WriteInt64LittleEndian(number, logged.Episode.Tokens.Length);
            hash.AppendData(number);
            hash.AppendData(MemoryMarshal.AsBytes(logged.Episode.Tokens.AsSpan()));
            BinaryPrimitives.WriteDoubleLittleEndian(number, logged.Episode.Reward);
            hash.AppendData(number);
        }

        return $"{log.Count} episodes, {Convert.ToHexStringLower(hash.GetHashAndReset())}";
    }

    /// <summary>The number of files and SHA-256 of what they hold, in their order.</summary>
    /// <exception cref="SocietyException">One cannot be read.</exception>
    public static string OfFiles(IReadOnlyCollection<string> files)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string file in files)
        {
            try
            {
                using FileStream stream = File.OpenRead(file);
                hash.AppendData(SHA256.HashData(stream));
            }
            catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
            {
                throw new SocietyException($"{file}: cannot be read ({cause.Message})", cause: cause);
            }
        }

        return $"{files.Count} files, {Convert.ToHexStringLower(hash.GetHashAndReset())}";
    }
}
