using System.Reflection;
using System.Runtime.Loader;
using AgentSociety.Core;
using AgentSociety.Core.Environments;

namespace AgentSociety.Environments.Yours;

/// <summary>Loads an environment from a class library by path and type name.</summary>
/// <remarks>The library's own dependencies are found beside it; Core is this program's, so that its <c>IEnvironment</c> is ours. It runs with all rights of this process: load what you trust.</remarks>
public static class PluginEnvironment
{
    /// <exception cref="SocietyException">The file is no library, has no such type, or the type is no environment.</exception>
    public static IEnvironment Load(PluginOptions options, ulong seed)
    {
        OptionChecks.Require("plugin", options);
        string path = Path.GetFullPath(options.Assembly);
        if (!File.Exists(path)) throw new SocietyException($"environment 'plugin': there is no file {path}; build the class library first") { Option = "assembly" };
        Type type = Find(path, options.Type);
        if (!typeof(IEnvironment).IsAssignableFrom(type)) throw new SocietyException($"environment 'plugin': {type.FullName} in {path} does not implement {typeof(IEnvironment).FullName}") { Option = "type" };
        if (type.IsAbstract) throw new SocietyException($"environment 'plugin': {type.FullName} in {path} is abstract, and cannot be made") { Option = "type" };
        try
        {
            object? made = type.GetConstructor([typeof(ulong)])?.Invoke([seed]) ?? type.GetConstructor([])?.Invoke([]);
            return (IEnvironment?)made ?? throw new SocietyException($"environment 'plugin': {type.FullName} needs a public constructor that takes a ulong seed, or nothing");
        }
        catch (TargetInvocationException failure)
        {
            throw new SocietyException($"environment 'plugin': {type.FullName} could not be made: {failure.InnerException?.Message}", cause: failure.InnerException);
        }
        catch (Exception failure) when (failure is FileNotFoundException or FileLoadException or TypeLoadException or MissingMethodException)
        {
            throw Unloadable(path, failure);
        }
    }

    // What the library was built with is not beside it, or is of another version than this program.
    private static SocietyException Unloadable(string path, Exception failure) =>
        new($"environment 'plugin': {path} does not load: {failure.Message.ReplaceLineEndings(" ")}; copy what it needs beside it, and build it against this version", cause: failure) { Option = "assembly" };

    private static Type Find(string path, string name)
    {
        try
        {
            Assembly assembly = new Neighbourhood(path).LoadFromAssemblyPath(path);
            return assembly.GetType(name) ?? throw new SocietyException($"environment 'plugin': {path} has no type {name}; it has {string.Join(", ", assembly.GetExportedTypes().Where(type => typeof(IEnvironment).IsAssignableFrom(type)).Select(type => type.FullName).DefaultIfEmpty("no environment"))}") { Option = "type" };
        }
        catch (BadImageFormatException failure)
        {
            throw new SocietyException($"environment 'plugin': {path} is not a .NET class library", cause: failure) { Option = "assembly" };
        }
        catch (Exception failure) when (failure is FileNotFoundException or FileLoadException or TypeLoadException)
        {
            throw Unloadable(path, failure);
        }
    }

    private sealed class Neighbourhood(string path) : AssemblyLoadContext(path)
    {
        private readonly AssemblyDependencyResolver _resolver = new(path);

        protected override Assembly? Load(AssemblyName name) =>
            name.Name == typeof(IEnvironment).Assembly.GetName().Name ? typeof(IEnvironment).Assembly
            : _resolver.ResolveAssemblyToPath(name) is { } found ? LoadFromAssemblyPath(found) : null;
    }
}
