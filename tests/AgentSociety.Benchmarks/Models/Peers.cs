using AgentSociety.Models;

namespace AgentSociety.Benchmarks;

/// <summary>Finds other implementations on this machine and starts them with one of our models.</summary>
internal static class Peers
{
    private const string Packages = "conformance-peers";

    /// <summary>The same shape in plain PyTorch, by a Python that has it: Debian's <c>python3-torch</c>, or the one after <c>--python</c>.</summary>
    public static Peer PyTorch(string[] arguments, DecoderConfig shape, int threads)
    {
        int option = Array.IndexOf(arguments, "--python");
        string script = Path.Combine(AppContext.BaseDirectory, "peers", "torch_peer.py");
        int[] sizes = [shape.Width, shape.Layers, shape.Heads, shape.KeyValueHeads, shape.FeedForward, shape.VocabularySize, threads, shape.Context];
        Peer? peer = null;
        foreach (string python in (string[])(option >= 0 ? [arguments[option + 1]] : ["python3", "/usr/bin/python3"]))
        {
            peer = Peer.Start("PyTorch", python, [script, .. sizes.Select(size => $"{size}")]);
            if (peer.Problem is null) return peer;
        }

        return Peer.Missing("PyTorch", $"{peer!.Problem}; install python3-torch and libopenblas0-pthread, or name a Python by --python");
    }

    /// <summary>llama.cpp on the model's GGUF file with F32 caches, from the npm packages that the conformance tests install.</summary>
    public static Peer LlamaCpp(string gguf, DecoderConfig shape, int threads)
    {
        string? root = AppContext.BaseDirectory;
        while (root is not null && !File.Exists(Path.Combine(root, "AgentSociety.sln"))) root = Path.GetDirectoryName(root);
        string folder = Path.Combine(root ?? "", "artifacts", Packages);
        if (!Directory.Exists(Path.Combine(folder, "node_modules", "node-llama-cpp")))
            return Peer.Missing("llama.cpp", "not installed; run dotnet test -c Release tests/AgentSociety.Models.Tests --filter Category=Conformance once");
        // Node finds packages from where the script lies.
        string script = Path.Combine(folder, "llama_peer.mjs");
        File.Copy(Path.Combine(AppContext.BaseDirectory, "peers", "llama_peer.mjs"), script, overwrite: true);
        return Peer.Start("llama.cpp", "node", [script, gguf, $"{threads}", $"{shape.VocabularySize}"], folder);
    }
}
