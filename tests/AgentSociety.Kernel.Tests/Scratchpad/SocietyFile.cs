using AgentSociety.Core.Play;
using AgentSociety.Culture;

namespace AgentSociety.Kernel.Tests;

/// <summary>A scratchpad in a directory of its own that goes when the test ends.</summary>
public sealed class SocietyFile : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("society-");

    public SocietyFile(EditRules? rules = null)
    {
        Database = SocietyDatabase.Open(System.IO.Path.Combine(_directory.FullName, "society.db"));
        Scratchpad = new Scratchpad(Database, rules: rules);
    }

    public SocietyDatabase Database { get; }

    public Scratchpad Scratchpad { get; }

    public ScratchpadTools Tools(string author = "guest", string prefix = "", OnConflict onConflict = OnConflict.Merge, bool trusted = false, Role? role = null) =>
        new(Database, Scratchpad, new ScratchpadEditor { Author = author, Prefix = prefix, OnConflict = onConflict, Trusted = trusted, Role = role, Round = () => 7 });

    public void Dispose()
    {
        Scratchpad.Dispose();
        Database.Dispose();
        _directory.Delete(recursive: true);
    }
}
