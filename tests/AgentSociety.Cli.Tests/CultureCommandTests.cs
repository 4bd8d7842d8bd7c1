using AgentSociety.Core.Culture;
using AgentSociety.Culture;

namespace AgentSociety.Cli.Tests;

public sealed class CultureCommandTests : IDisposable
{
    private readonly SampleRun _first = new("first"), _second = new("second");

    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
    }

    [Fact]
    public async Task The_culture_of_one_run_is_merged_into_another_with_its_provenance_and_twice_changes_nothing()
    {
        Write(_first, "skills/carry", "Begin at the right.\n");
        Write(_second, "notes/carry", "\nCarry a one.\n");
        KeptTerminal kept = new();
        Assert.Equal((0, ""), (await CommandLine.Run(["culture", "merge", _second.Directory.Path, _first.Directory.Path], kept.Terminal), kept.Error.Output));
        // What both say already, the sample's own line, is no page that is written.
        Assert.Contains("1 pages written", kept.Raw);
        using (SocietyDatabase database = SocietyDatabase.OpenReadOnly(_second.Directory.Database))
        {
            PageArchive pages = new(database);
            Assert.Equal("Begin at the right.\n", pages.Read("skills/carry")!.Body);
            Assert.Contains("Carry a one.", pages.Read("notes/carry")!.Body);
            RevisionInfo brought = Assert.Single(pages.History("skills/carry"));
            Assert.Contains("first: solver-7, round 2", brought.Comment);
        }

        KeptTerminal again = new();
        Assert.Equal((0, ""), (await CommandLine.Run(["culture", "merge", _second.Directory.Path, _first.Directory.Path], again.Terminal), again.Error.Output));
        Assert.Contains("0 pages written", again.Raw);
        using SocietyDatabase source = SocietyDatabase.OpenReadOnly(_first.Directory.Database);
        Assert.DoesNotContain("Carry a one.", new PageArchive(source).Read("notes/carry")!.Body);
    }

    [Fact]
    public async Task A_run_that_is_not_there_gives_and_takes_nothing()
    {
        KeptTerminal kept = new();
        Assert.Equal(2, await CommandLine.Run(["culture", "merge", _second.Directory.Path, Path.Combine(_first.Folder, "nobody")], kept.Terminal));
        Assert.Contains("there is no such run", kept.Error.Output.ReplaceLineEndings(" "));
    }

    private static void Write(SampleRun run, string page, string text)
    {
        using SocietyDatabase database = SocietyDatabase.Open(run.Directory.Database);
        using Scratchpad scratchpad = new(database);
        scratchpad.Commit([new EditRequest { Key = page, Author = "solver-7", Round = 2, Edit = new NoteEdit { Page = page, Kind = EditKind.Append, Text = text, Comment = "" } }]);
    }
}
