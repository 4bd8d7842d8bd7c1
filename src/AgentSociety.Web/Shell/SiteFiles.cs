using System.Reflection;
using System.Security.Cryptography;
using Microsoft.AspNetCore.StaticFiles;

namespace AgentSociety.Web;

/// <summary>Style sheets and scripts, embedded in the program. Their address holds a hash of all of them, so that browsers keep them for good.</summary>
internal static class SiteFiles
{
    private const string Prefix = "asset:";
    private static readonly Dictionary<string, byte[]> Files = Read();
    private static readonly string Hash = Hashed();

    /// <summary>The address of an asset.</summary>
    internal static string Of(string name) => $"/assets/{Hash}/{name}";

    internal static void MapSiteFiles(this IEndpointRouteBuilder app) => app.MapGet("/assets/{hash}/{name}", (string name, HttpContext context) =>
    {
        if (!Files.TryGetValue(name, out byte[]? file)) return FaultPages.NotFound("There is no such file.");
        context.Response.Headers.CacheControl = "public, max-age=31536000, immutable";
        string type = new FileExtensionContentTypeProvider().TryGetContentType(name, out string? known) ? known : "application/octet-stream";
        return Results.Bytes(file, type.StartsWith("text/", StringComparison.Ordinal) ? type + "; charset=utf-8" : type);
    });

    private static Dictionary<string, byte[]> Read()
    {
        Assembly assembly = typeof(SiteFiles).Assembly;
        return assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).ToDictionary(name => name[Prefix.Length..], name =>
        {
            using Stream stream = assembly.GetManifestResourceStream(name)!;
            byte[] file = new byte[stream.Length];
            stream.ReadExactly(file);
            return file;
        });
    }

    private static string Hashed()
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((string _, byte[] file) in Files.OrderBy(file => file.Key, StringComparer.Ordinal)) hash.AppendData(file);
        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 6));
    }
}
