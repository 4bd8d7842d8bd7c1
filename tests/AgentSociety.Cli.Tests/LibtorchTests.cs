using System.Diagnostics;
using System.Text.Json.Nodes;

namespace AgentSociety.Cli.Tests;

/// <summary>Which libtorch is used is a choice; one that does not fit is said in a line, before anything is called in it.</summary>
public sealed class LibtorchTests : IDisposable
{
    /// <summary>PyTorch as Debian 12 packages it: of a version that TorchSharp is not made for.</summary>
    private const string DebiansFolder = "/usr/lib/python3/dist-packages/torch/lib";

    /// <summary>The same one under the name that the loader is asked for, which the package libtorch-dev brings.</summary>
    private const string OnLoaderPath = "/usr/lib/x86_64-linux-gnu/libtorch_cpu.so";

    private readonly string _folder = Directory.CreateTempSubdirectory("libtorch-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_libtorch_in_use_and_what_it_can_compute_on_are_shown()
    {
        Said said = await Program([], "devices", "--verbose");
        Assert.True(said.Code == 0, said.ToString());
        Assert.Matches(@"libtorch +2\.10\.0", said.Out);
        Assert.Matches(@"cpu +\d+ threads", said.Out);
        Assert.Matches(@"gpu +(none seen|cuda:0)", said.Out);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_program_without_a_libtorch_uses_the_one_that_is_named_by_option_or_by_variable_also_from_above(bool option)
    {
        if (!OperatingSystem.IsLinux()) return;
        string lib = Path.Combine(_folder, "lib");
        Directory.CreateSymbolicLink(lib, Path.GetDirectoryName(Restored())!);
        Said said = option ? await Without([], "devices", "--libtorch", _folder) : await Without([("AGENTSOCIETY_LIBTORCH", lib)], "devices");
        Assert.True(said.Code == 0, said.ToString());
        Assert.Matches(@"libtorch +2\.10\.0", said.Out);
        Said path = await Without([("LD_LIBRARY_PATH", lib)], "devices");
        Assert.True(path.Code == 0, path.ToString());
        Assert.Matches(@"libtorch +2\.10\.0", path.Out);
    }

    [Fact]
    public async Task A_program_without_a_libtorch_that_is_told_of_none_says_how_to_name_one()
    {
        // Where the system has one on the loader's path, that one is looked at.
        if (!OperatingSystem.IsLinux() || File.Exists(OnLoaderPath)) return;
        Said said = await Without([], "devices");
        Assert.Equal(2, said.Code);
        Assert.StartsWith("error the program was built without a libtorch", said.Error);
    }

    [Fact]
    public async Task Beside_the_libtorch_that_a_program_was_built_with_no_other_is_loaded()
    {
        Said said = await Program([], "devices", "--libtorch", Install("2.10.0+cu128", "no library"));
        Assert.Equal((2, ""), (said.Code, said.Out));
        Assert.Contains("build it with -p:Libtorch=external", said.Error);
        Assert.Single(said.Error.Trim().Split('\n'));
    }

    [Fact]
    public async Task A_folder_of_another_version_is_refused_with_what_was_found_and_what_is_needed()
    {
        string lib = Install("1.13.1+cu117", "no library");
        Said said = await Program([], "devices", "--libtorch", lib);
        Assert.Equal((2, ""), (said.Code, said.Out));
        Assert.StartsWith($"error {lib}: holds libtorch 1.13.1+cu117, and TorchSharp 0.107.0 is made for 2.10; name the lib folder of a PyTorch 2.10", said.Error);
        Assert.Contains("AGENTSOCIETY_LIBTORCH_VERSION=1.13.1+cu117", said.Error);
        Assert.Single(said.Error.Trim().Split('\n'));
    }

    [Fact]
    public async Task A_folder_that_is_missing_empty_or_damaged_is_one_line()
    {
        Said missing = await Program([], "devices", "--libtorch", "nowhere"), empty = await Program([], "devices", "--libtorch", _folder), damaged = await Without([], "devices", "--libtorch", Install("2.10.0+cpu", "no library"));
        foreach ((Said said, string says) in ((Said, string)[])[(missing, "there is no such folder"), (empty, "holds no libtorch_cpu"), (damaged, "does not load")])
        {
            Assert.Equal(2, said.Code);
            Assert.Contains(says, said.Error);
            Assert.Single(said.Error.Trim().Split('\n'));
        }
    }

    [Fact]
    public async Task Debians_own_libtorch_is_refused_and_taken_at_ones_own_risk_still_ends_in_a_line()
    {
        // Only where the package python3-torch of Debian 12 is installed.
        if (!File.Exists(Path.Combine(DebiansFolder, "libtorch_cpu.so"))) return;
        if (File.Exists(OnLoaderPath))
        {
            Said found = await Without([], "devices");
            Assert.Equal(2, found.Code);
            Assert.Contains("holds libtorch 1.13", found.Error);
        }

        Said refused = await Program([], "devices", "--libtorch", DebiansFolder);
        Assert.Equal(2, refused.Code);
        Assert.Contains("holds libtorch 1.13", refused.Error);
        string version = refused.Error.Split("AGENTSOCIETY_LIBTORCH_VERSION=")[1].Split(' ')[0];
        Said tried = await Without([("AGENTSOCIETY_LIBTORCH_VERSION", version)], "devices", "--libtorch", DebiansFolder);
        Assert.Equal(2, tried.Code);
        Assert.StartsWith($"error {DebiansFolder}: this libtorch does not fit TorchSharp 0.107.0, which is made for 2.10 (", tried.Error);
        Assert.Single(tried.Error.Trim().Split('\n'));
    }

    /// <summary>A folder as pip makes it, with files that are no libraries.</summary>
    private string Install(string version, string content)
    {
        string lib = Directory.CreateDirectory(Path.Combine(_folder, version, "torch", "lib")).FullName;
        File.WriteAllText(Path.Combine(lib, "..", "version.py"), $"__version__ = '{version}'\ndebug = False\n");
        foreach (string name in (string[])["libc10.so", "libtorch_cpu.so", "libtorch.so", "c10.dll", "torch_cpu.dll", "torch.dll"]) File.WriteAllText(Path.Combine(lib, name), content);
        return lib;
    }

    /// <summary>The library that the tests were built with.</summary>
    private static string Restored() => Directory.EnumerateFiles(AppContext.BaseDirectory, "libtorch_cpu.so", SearchOption.AllDirectories).First();

    /// <summary>The program as it is built with <c>-p:Libtorch=external</c>: a copy without libtorch's files.</summary>
    private Task<Said> Without((string, string)[] variables, params string[] arguments)
    {
        string copy = Path.Combine(_folder, "program");
        if (!Directory.Exists(copy))
        {
            string[] torch = ["libtorch", "libc10", "libgomp", "libshm"];
            foreach (string file in Directory.EnumerateFiles(AppContext.BaseDirectory, "*", SearchOption.AllDirectories))
            {
                string relative = Path.GetRelativePath(AppContext.BaseDirectory, file);
                if (torch.Any(name => Path.GetFileName(file).StartsWith(name, StringComparison.Ordinal))) continue;
                Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(copy, relative))!);
                // A build links to the packages where it can; the program itself must lie here, since the host looks beside what a link means.
                if (!Path.GetFileName(file).StartsWith("agentsociety", StringComparison.OrdinalIgnoreCase) && File.ResolveLinkTarget(file, returnFinalTarget: true) is { } linked) File.CreateSymbolicLink(Path.Combine(copy, relative), linked.FullName);
                else File.Copy(file, Path.Combine(copy, relative));
            }

            string dependencies = Path.Combine(copy, $"{typeof(CommandLine).Assembly.GetName().Name}.deps.json");
            JsonNode manifest = JsonNode.Parse(File.ReadAllText(dependencies))!;
            foreach (JsonObject packages in manifest["targets"]!.AsObject().Select(target => target.Value!.AsObject()).Append(manifest["libraries"]!.AsObject()))
            {
                foreach (string package in packages.Select(package => package.Key).Where(name => name.StartsWith("libtorch-", StringComparison.Ordinal)).ToArray()) packages.Remove(package);
            }

            File.WriteAllText(dependencies, manifest.ToJsonString());
        }

        return Start(ProgramProcess.Of(Path.Combine(copy, Path.GetFileName(typeof(CommandLine).Assembly.Location)), arguments), variables);
    }

    private Task<Said> Program((string, string)[] variables, params string[] arguments) => Start(ProgramProcess.With(arguments), variables);

    private async Task<Said> Start(ProcessStartInfo program, (string Name, string Value)[] variables)
    {
        program.WorkingDirectory = _folder;
        foreach ((string name, string value) in variables) program.Environment[name] = value;
        using Process process = Process.Start(program)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new Said(process.ExitCode, await output, await error);
    }

    private sealed record Said(int Code, string Out, string Error);
}
