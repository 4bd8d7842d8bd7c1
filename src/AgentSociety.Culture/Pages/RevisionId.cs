using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace AgentSociety.Culture;

/// <summary>The content address of a revision: SHA-256 over everything that it says, its parents included, so that an id vouches for the page's whole past.</summary>
/// <remarks>The round is part of it, the wall clock is not: a run that is played again writes the same ids.</remarks>
internal static class RevisionId
{
    internal static string Of(string kind, string page, string? parent, string? merged, string author, int round, string comment, string body) =>
        Convert.ToHexStringLower(Hash([kind, page, parent ?? "", merged ?? "", author, round.ToString(), comment, body]));

    /// <summary>SHA-256 over some fields.</summary>
    internal static byte[] Hash(ReadOnlySpan<string> fields)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[4];
        // Each field goes in with its length, so that no two different revisions have the same bytes.
        foreach (string field in fields)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(field);
            BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }

        return hash.GetHashAndReset();
    }
}
