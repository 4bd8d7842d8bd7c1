using AgentSociety.Core;
using AgentSociety.Core.Culture;
using AgentSociety.Core.Records;
using AgentSociety.Culture;

namespace AgentSociety.Society.Tests;

[Collection("Torch")]
public sealed class AuthorTests : IDisposable
{
    private static readonly string[] Writing =
    [
        .. TinySociety.Literate, "selfPlay.rounds=5", "evaluation.everyRounds=5", "learning.enabled=false",
        "population.2.role=author", "culture.books.everyRounds=2", "culture.books.chapters=2", "culture.books.assigned=true",
    ];

    private readonly TinySociety _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public async Task An_author_compiles_what_served_readers_and_newborns_read_the_book_and_nothing_else()
    {
        RunDirectory directory = _tiny.Create("run");
        Assert.Equal(RunEnd.Done, await TinySociety.Run(_tiny.Scenario(Writing), directory));
        using SocietyDatabase database = SocietyDatabase.Open(directory.Database);
        PageArchive archive = new(database);
        NotePage page = archive.Read("books/author-1")!;
        Assert.All(archive.History(page.Name), edition => Assert.Equal(("author-1", 0), (edition.Author, edition.Round % 2)));
        Book book = Book.Read(page);
        Assert.InRange(book.Chapters.Count, 1, 2);
        Assert.All(book.Chapters, chapter => Assert.Contains(database.Uses(), use => use.Page == chapter.Page));
        using Scratchpad scratchpad = new(database);
        INotes newborn = new NotesAccess(RunPlan.Of(_tiny.Scenario(Writing)), database, scratchpad).OfNewborn(5);
        Assert.Equal(["books/author-1", .. book.Chapters.Select(chapter => chapter.Page)], newborn.List(""));
        Assert.True(archive.List("notes/").Count > book.Chapters.Count);
    }

    [Fact]
    public async Task A_run_that_was_interrupted_brings_out_the_same_editions()
    {
        RunDirectory whole = _tiny.Create("whole"), broken = _tiny.Create("broken");
        await TinySociety.Run(_tiny.Scenario(Writing), whole);
        using CancellationTokenSource stop = new();
        await TinySociety.Run(_tiny.Scenario(Writing), broken, progress =>
        {
            if (progress is { Phase: RunPhase.Learn or RunPhase.Evaluate, Round: 4 }) stop.Cancel();
        }, stop.Token);
        Assert.Equal(RunEnd.Done, await TinySociety.Resume(broken));
        Assert.Equal(TinySociety.Transcripts(whole), TinySociety.Transcripts(broken));
    }

    [Fact]
    public void Books_without_an_author_are_refused_with_a_way_out()
    {
        SocietyException refused = Assert.Throws<SocietyException>(() => _tiny.Scenario("culture.books.everyRounds=2"));
        Assert.Contains("has no author, and culture.books needs one", refused.Message, StringComparison.Ordinal);
    }
}
