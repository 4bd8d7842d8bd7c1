using AgentSociety.Core;
using AgentSociety.Core.Culture;
using AgentSociety.Core.Records;
using CsCheck;

namespace AgentSociety.Culture.Tests;

public sealed class BookTests : IDisposable
{
    private readonly SocietyFile _society = new();

    public void Dispose() => _society.Dispose();

    private static readonly Book Chains = new()
    {
        Page = "books/chains",
        Title = "On chains: a primer",
        Preface = "Read this first.",
        Chapters = [new Chapter("notes/operator-c", "Operator c"), new Chapter("skills/from-the-right", "From the right"), new Chapter("notes/none", "Not written")],
    };

    [Fact]
    public void Front_matter_is_what_stands_between_two_lines_of_dashes_and_nothing_else_is()
    {
        FrontMatter front = FrontMatter.Parse("---\nclaim: c maps 4 to 2\n# a comment\nevidence: [1/solve/0/1, \"a b\"]\nstatus: 'open'\nempty:\nclaim: again\n---\n# Title\n");
        Assert.Equal("c maps 4 to 2", front["claim"]);
        Assert.Equal(["1/solve/0/1", "a b"], front.List("evidence"));
        Assert.Equal("open", front["status"]);
        Assert.Equal("", front["empty"]);
        Assert.Null(front["other"]);
        Assert.Equal("# Title\n", front.Text);
        foreach (string plain in (string[])["", "---", "---\na: b\n", "---\nno colon\n---\nx", "text\n---\na: b\n---\n", "--- \na: b\n---\n"])
            Assert.Equal((plain, 0), (FrontMatter.Parse(plain).Text, FrontMatter.Parse(plain).Fields.Count));
    }

    [Fact]
    public void Front_matter_is_read_as_it_was_written_and_no_text_breaks_it()
    {
        Gen.Select(Gen.Char.AlphaNumeric.Array[1, 5].Select(key => "k" + new string(key)), Gen.String.Select(value => value.ReplaceLineEndings(" ").Replace('\n', ' ').Replace("\r", "").Trim())).List[0, 5].Sample(fields =>
        {
            Dictionary<string, string> written = [];
            foreach ((string key, string value) in fields) written[key] = value;
            FrontMatter front = FrontMatter.Parse(FrontMatter.Write(written, "text\n"));
            Assert.Equal("text\n", front.Text);
            Assert.Equal(written, front.Fields.ToDictionary());
        });
        Gen.String.Sample(text => { FrontMatter.Parse("---\n" + text); });
    }

    [Fact]
    public void A_book_is_compiled_read_and_rendered_whole()
    {
        _society.Save("notes/operator-c", "---\nstatus: open\n---\nc4=2\n# Proof\n```\n# code\n```\n");
        _society.Save("skills/from-the-right", "Begin at the right.");
        _society.Save(Chains.Page, Chains.Compile());
        INotes notes = _society.Scratchpad.Snapshot();
        Book read = Book.Read(notes.Read(Chains.Page)!);
        Assert.Equal((Chains.Title, Chains.Preface), (read.Title, read.Preface));
        Assert.Equal(Chains.Chapters, read.Chapters);
        Assert.Equal("""
            # On chains: a primer

            Read this first.

            ## Operator c

            c4=2
            ### Proof
            ```
            # code
            ```

            ## From the right

            Begin at the right.

            ## Not written

            (The page [[notes/none]] is not there.)

            """.ReplaceLineEndings("\n"), read.Render(notes));
        Assert.Equal([Chains.Page], _society.Archive.Backlinks("notes/operator-c"));
    }

    [Fact]
    public void Links_of_a_chapter_mean_in_the_book_what_they_mean_on_its_page_and_an_open_fence_ends_with_it()
    {
        _society.Save("notes/operator-c", "See [[operator-d]], [[operator-d#Proof|the proof]], [[skills/chains]] and [[d|]].\n```\n[[operator-d]]\n# code");
        _society.Save("skills/from-the-right", "~~~~ text\n```\nBegin at the right.\n~~~\n");
        Book book = new() { Page = "books/b", Title = "B", Preface = "```\nopen", Chapters = [new("notes/operator-c", "C"), new("skills/from-the-right", "R")] };
        Assert.Equal("""
            # B

            ```
            open
            ```

            ## C

            See [[notes/operator-d|operator-d]], [[notes/operator-d#Proof|the proof]], [[skills/chains]] and [[notes/d|]].
            ```
            [[operator-d]]
            # code
            ```

            ## R

            ~~~~ text
            ```
            Begin at the right.
            ~~~
            ~~~~

            """.ReplaceLineEndings("\n"), book.Render(_society.Scratchpad.Snapshot()));
    }

    [Fact]
    public void A_book_needs_a_name_of_a_book_and_chapters_that_can_be()
    {
        Assert.Throws<SocietyException>(() => (Chains with { Page = "notes/chains" }).Compile());
        Assert.Throws<SocietyException>(() => (Chains with { Page = "books/chains/margin" }).Compile());
        Assert.Throws<SocietyException>(() => (Chains with { Chapters = [] }).Compile());
        Assert.Contains("chapter 1", Assert.Throws<SocietyException>(() => (Chains with { Chapters = [new Chapter("../x", "x")] }).Compile()).Message);
        Assert.Equal("a b c", Assert.Single(Book.Read(new NotePage("books/x", "r", (Chains with { Chapters = [new Chapter("notes/a", "a]] [[b|c")] }).Compile())).Chapters).Title);
    }

    [Fact]
    public void A_reading_list_is_read_in_its_order_and_nothing_else_is()
    {
        _society.Save("notes/operator-c", "c4=2");
        _society.Save("skills/from-the-right", "Begin at the right.");
        _society.Save("notes/other", "not on the list");
        _society.Save("skills/first", "before the book");
        _society.Save(Chains.Page, Chains.Compile());
        ReadingNotes list = new(_society.Scratchpad.Snapshot(), ["skills/first", Chains.Page, "notes/none", "skills/first"]);
        Assert.Equal(["skills/first", "books/chains", "notes/operator-c", "skills/from-the-right"], list.List(""));
        Assert.Equal(["skills/first", "skills/from-the-right"], list.List("skills/"));
        Assert.Equal("c4=2\n", list.Read("notes/operator-c")!.Body);
        Assert.Null(list.Read("notes/other"));
    }

    [Fact]
    public void Remarks_in_the_margin_stand_beside_the_book()
    {
        string margin = Book.MarginOf(Chains.Page);
        Assert.False(Book.IsBook(margin));
        _society.Edit(EditKind.Append, margin, Book.MarginLine(new MarginalNote("notes/operator-c", "c9 is\nwrong")), author: "solver-1");
        _society.Edit(EditKind.Append, margin, "not a remark\n" + Book.MarginLine(new MarginalNote("skills/from-the-right", "helped: me")), author: "solver-2");
        Assert.Equal([new MarginalNote("notes/operator-c", "c9 is wrong"), new MarginalNote("skills/from-the-right", "helped: me")], Book.Margin(_society.Archive.Read(margin)!));
        Assert.Equal("solver-2", _society.Database.Blame(margin)[^1].Revision.Author);
    }

    [Fact]
    public void An_edition_holds_the_pages_that_served_best_and_is_brought_out_again_only_where_they_change()
    {
        Dictionary<string, double> worth = new() { ["notes/a"] = 0.2, ["notes/b"] = 0.9, ["skills/c"] = 0.5, ["notes/harms"] = -0.1, ["books/old"] = 1, ["talk/d"] = 1 };
        foreach (string page in worth.Keys) _society.Save(page, page == "notes/b" ? "# The b [operator]\n\nb1=2\n" : "text");
        _society.Save("notes/unread", "text");
        NoteEdit? Edition(int chapters) => ChapterChoice.Edition(_society.Scratchpad.Snapshot(), "books/author-1", page => worth.TryGetValue(page, out double known) ? known : null, chapters);
        NoteEdit first = Edition(2)!;
        _society.Save(first.Page, first.Text);
        Assert.Equal([new Chapter("notes/b", "The b operator"), new Chapter("skills/c", "c")], Book.Read(_society.Archive.Read("books/author-1")!).Chapters);
        Assert.Null(Edition(2));
        worth["notes/a"] = 0.95;
        Assert.Equal(["notes/a", "notes/b"], Book.Read(new NotePage("books/author-1", "", Edition(2)!.Text)).Chapters.Select(chapter => chapter.Page));
        Assert.Equal(3, Book.Read(new NotePage("books/author-1", "", Edition(9)!.Text)).Chapters.Count);
        worth.Clear();
        Assert.Null(Edition(2));
    }

    [Fact]
    public void A_page_that_one_lucky_attempt_read_is_worth_less_than_one_that_served_many()
    {
        string lucky = _society.Save("notes/lucky", "x"), proven = _society.Save("notes/proven", "y"), useless = _society.Save("notes/useless", "z");
        new RunRecords(_society.Database).Append(new RoundRecord
        {
            Round = 1,
            State = "{}",
            Episodes = [TestEpisode.Reading(1, 0, 1, "notes/lucky", lucky), .. Enumerable.Range(1, 20).Select(attempt => TestEpisode.Reading(1, attempt, attempt == 1 ? 0 : 1, "notes/proven", proven)), TestEpisode.Reading(1, 30, 0, "notes/useless", useless)],
        });
        IReadOnlyList<PageWorth> worth = _society.Database.WorthOfReading();
        Assert.Equal(["notes/proven", "notes/lucky", "notes/useless"], worth.Select(page => page.Page));
        Assert.Equal((20, 0d), (worth[0].Readings, worth[2].Worth));
        Assert.Empty(_society.Database.WorthOfReading(fromRound: 2));
    }
}
