using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using AgentSociety.Core;
using TorchSharp;

namespace AgentSociety.Models;

/// <summary>A folder with a libtorch: which version it holds, and how it is loaded before TorchSharp looks for one.</summary>
/// <remarks>
/// TorchSharp asks for libtorch by name, and a library that is in the process already answers to its name. A program with a libtorch beside it is another matter: TorchSharp
/// opens that one by its path, whatever is loaded, and two of them end the process. TorchSharp's own library is loaded with every symbol bound at once: one that
/// is missing is then an error here, and not the end of the process at the first call. Nothing here may touch a field of <see cref="torch"/>, whose first use loads.
/// </remarks>
internal static partial class LibtorchFolder
{
    private const string Shim = "LibTorchSharp";
    private const int BindLazily = 1, BindNow = 2;

    /// <summary>The version that TorchSharp is made for.</summary>
    public const string Needed = "2.10";

    /// <summary>The environment variable by which somebody takes a version that does not fit, at their own risk.</summary>
    public const string VersionVariable = "AGENTSOCIETY_LIBTORCH_VERSION";

    /// <summary>Loads a folder's libtorch for the process; without a folder the one on the loader's path, unless the program has one beside it.</summary>
    /// <param name="folder">The <c>lib</c> folder of a libtorch or of an installed PyTorch, or one above it; null for none.</param>
    /// <exception cref="SocietyException">There is no libtorch, it is of another version, or it does not load.</exception>
    public static void Load(string? folder)
    {
        string? own = Beside("torch_cpu");
        string place = folder is not null ? Place(folder) : own is not null ? Path.GetDirectoryName(own)! : OnLoaderPath();
        Check(place);
        if (folder is null && own is not null) return;
        if (own is not null && Real(own) != Real(Path.Combine(place, FileOf("torch_cpu"))))
            throw new SocietyException($"{folder}: the program was built with a libtorch of its own, and two in one process end it; build it with -p:Libtorch=external to name one at the start (docs/models.md)");
        foreach (string name in (string[])["c10", "torch_cpu", "c10_cuda", "torch_cuda", "torch"])
        {
            string file = Path.Combine(place, FileOf(name));
            if (File.Exists(file) && !Opens(file, BindLazily, out string reason)) throw new SocietyException($"{file}: does not load{reason}; what it needs must be installed beside it, as pip and the downloads of pytorch.org do");
        }

        string shim = Beside(Shim) ?? throw new SocietyException($"the program lacks {FileOf(Shim)}, by which it speaks to libtorch; build it anew");
        if (!Opens(shim, BindNow, out string why)) throw new SocietyException($"{place}: this libtorch does not fit TorchSharp {TorchSharpVersion}, which is made for {Needed}{why}; {Cure}");
    }

    /// <summary>Refuses a folder whose libtorch is known to be of another version than TorchSharp is made for.</summary>
    /// <exception cref="SocietyException">It is, and nobody has taken it at their own risk.</exception>
    public static void Check(string folder)
    {
        if (VersionIn(folder) is not { } found || found == Needed || found.StartsWith(Needed + ".", StringComparison.Ordinal) || Environment.GetEnvironmentVariable(VersionVariable) == found) return;
        throw new SocietyException($"{folder}: holds libtorch {found}, and TorchSharp {TorchSharpVersion} is made for {Needed}; {Cure}, or set {VersionVariable}={found} to try it all the same");
    }

    /// <summary>The version of a folder's libtorch, as the files say that come with it; null where they do not.</summary>
    public static string? VersionIn(string folder)
    {
        string above = Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(folder)) ?? folder;
        string python = Path.Combine(above, "version.py"), build = Path.Combine(above, "build-version");
        if (File.Exists(python) && PythonVersion().Match(File.ReadAllText(python)) is { Success: true } said) return said.Groups[1].Value;
        if (File.Exists(build)) return File.ReadAllText(build).Trim();
        // The restored package bears its version in its path, to which a build's output may be a link.
        string file = Path.Combine(folder, FileOf("torch_cpu"));
        string whole = File.Exists(file) ? File.ResolveLinkTarget(file, returnFinalTarget: true)?.FullName ?? file : file;
        return PackageVersion().Match(whole.Replace('\\', '/')) is { Success: true } package ? package.Groups[1].Value
            : NameVersion().Match(whole) is { Success: true } name ? name.Groups[1].Value
            : null;
    }

    /// <summary>The folder of the libtorch that is in the process; null for none.</summary>
    public static string? Loaded()
    {
        using Process process = Process.GetCurrentProcess();
        string name = Path.GetFileNameWithoutExtension(FileOf("torch_cpu")) + '.';
        return Path.GetDirectoryName(process.Modules.Cast<ProcessModule>().FirstOrDefault(module => Path.GetFileName(module.FileName).StartsWith(name, StringComparison.Ordinal))?.FileName);
    }

    /// <summary>What a library is called on this system.</summary>
    public static string FileOf(string name) => OperatingSystem.IsWindows() ? $"{name}.dll" : OperatingSystem.IsMacOS() ? $"lib{name}.dylib" : $"lib{name}.so";

    private static string Cure => $"name the lib folder of a PyTorch {Needed} (pip install torch=={Needed}.0 puts one into site-packages/torch/lib)";

    private static string TorchSharpVersion => typeof(torch).Assembly.GetName().Version!.ToString(3);

    /// <summary>The folder itself, or the one below it that people mean when they name PyTorch's or the download's.</summary>
    private static string Place(string folder)
    {
        string whole = Path.GetFullPath(folder);
        if (!Directory.Exists(whole)) throw new SocietyException($"{folder}: there is no such folder; {Cure}");
        return ((string[])[whole, Path.Combine(whole, "lib"), Path.Combine(whole, "torch", "lib")]).FirstOrDefault(place => File.Exists(Path.Combine(place, FileOf("torch_cpu"))))
            ?? throw new SocietyException($"{folder}: holds no {FileOf("torch_cpu")}; {Cure}");
    }

    /// <summary>A library that came with the program; null for none.</summary>
    private static string? Beside(string name)
    {
        string[] places = [.. ((string?)AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries), AppContext.BaseDirectory, Path.Combine(AppContext.BaseDirectory, "runtimes", RuntimeInformation.RuntimeIdentifier, "native")];
        return places.Select(place => Path.Combine(place, FileOf(name))).FirstOrDefault(File.Exists);
    }

    private static string OnLoaderPath()
    {
        string name = FileOf("torch_cpu");
        if (!Opens(name, BindLazily, out _)) throw new SocietyException($"the program was built without a libtorch, and there is no {name} on the loader's path; name the folder of one with --libtorch or {TorchRuntime.FolderVariable} (docs/models.md)");
        return Loaded() ?? throw new SocietyException($"{name} is on the loader's path under another name; name its folder with --libtorch or {TorchRuntime.FolderVariable}");
    }

    private static string Real(string file) => File.ResolveLinkTarget(file, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(file);

    /// <summary>Loads a library.</summary>
    /// <param name="file">Its path, or its name to have it looked for.</param>
    /// <param name="binding">When its symbols are bound.</param>
    /// <param name="said">What the loader says of a failure, as part of a sentence.</param>
    private static bool Opens(string file, int binding, out string said)
    {
        said = "";
        if (OperatingSystem.IsWindows()) return NativeLibrary.TryLoad(file, out _);
        // Once before: finding the function itself forgets what was said last.
        _ = LastError();
        if (OpenLibrary(file, binding) != 0) return true;
        if (Marshal.PtrToStringUTF8(LastError()) is { } words) said = $" ({words.ReplaceLineEndings(" ")})";
        return false;
    }

    [LibraryImport("libc", EntryPoint = "dlopen", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint OpenLibrary(string file, int flags);

    [LibraryImport("libc", EntryPoint = "dlerror")]
    private static partial nint LastError();

    [GeneratedRegex(@"__version__ = '([^']+)'")]
    private static partial Regex PythonVersion();

    [GeneratedRegex(@"/libtorch-[^/]+/(\d+\.\d+\.\d+)[^/]*/")]
    private static partial Regex PackageVersion();

    [GeneratedRegex(@"\.so\.(\d+\.\d+(\.\d+)?)$")]
    private static partial Regex NameVersion();
}
