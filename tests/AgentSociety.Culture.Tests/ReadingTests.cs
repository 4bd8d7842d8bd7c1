using AgentSociety.Core.Culture;
using CsCheck;
using Dapper;

namespace AgentSociety.Culture.Tests;

public sealed class ReadingTests : IDisposable
{
    private readonly SocietyFile _society = new();

    public void Dispose() => _society.Dispose();

    [Fact]
    public void Whatever_reads_is_mapped_also_when_it_comes_back_from_the_pool()
    {
        long Mapped() => _society.Database.Read(connection => connection.ExecuteScalar<long>("PRAGMA mmap_size"));
        Assert.InRange(Mapped(), 1L << 30, long.MaxValue);
        Assert.InRange(Mapped(), 1L << 30, long.MaxValue);
        // A second one beside it is a connection of its own.
        Assert.All(_society.Database.Read(_ => (long[])[Mapped(), Mapped()]), mapped => Assert.InRange(mapped, 1L << 30, long.MaxValue));
        _society.Reopen();
        Assert.InRange(Mapped(), 1L << 30, long.MaxValue);
    }

    [Fact]
    public void Letters_with_marks_are_found_with_and_without_them_as_one_types()
    {
        _society.Save("notes/fluss", "Der Überlauf ist schnell, die Brücke nicht.");
        foreach (string query in (string[])["Über", "über", "uber", "Überl", "u\u0308ber", "Überlauf", "bruck", "BRÜCKE"])
            Assert.True(_society.Database.Search(query) is [{ Page: "notes/fluss" }], query);
        Assert.Contains("\u0002Überlauf\u0003", _society.Database.Search("uberl")[0].Snippet);
    }

    [Fact]
    public void Words_are_folded_as_the_index_folds_them()
    {
        // Latin, Greek and Cyrillic, each letter in a word of its own that tells which it is.
        char[] letters = [.. Enumerable.Range(0xC0, 0x530 - 0xC0).Concat(Enumerable.Range(0x1E00, 0x100)).Select(point => (char)point).Where(char.IsLetter)
            // Letters that are younger than the index's table, and one that it folds halfway.
            .Except("ͿԨԪԬԮǠǡ")];
        _society.Save("notes/letters", string.Concat(letters.Select(letter => $"q{(int)letter:x4}{letter}\n")));
        Dictionary<string, string> terms = _society.Database.Read(connection => connection.Query<string>("SELECT DISTINCT term FROM page_word WHERE term >= 'q' AND term < 'r'").ToDictionary(term => term[..5], term => term[5..]));
        string[] wrong = [.. letters.Where(letter => terms.GetValueOrDefault($"q{(int)letter:x4}") != Snippet.Fold($"{letter}")).Select(letter => $"{letter} {(int)letter:x4}: {terms.GetValueOrDefault($"q{(int)letter:x4}")} and not {Snippet.Fold($"{letter}")}")];
        Assert.True(wrong.Length == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void Search_finds_words_and_beginnings_and_treats_no_text_as_an_operator()
    {
        _society.Save("notes/operator-c", "Operator c maps 4 to 2.");
        _society.Save("skills/chains", "Work from the right. See [[notes/operator-c]].");
        Assert.Equal("notes/operator-c", Assert.Single(_society.Database.Search("maps")).Page);
        Assert.Contains("\u0002maps\u0003", _society.Database.Search("maps")[0].Snippet);
        Assert.Equal(2, _society.Database.Search("oper").Count);
        Assert.Equal("skills/chains", Assert.Single(_society.Database.Search("oper", prefix: "skills/")).Page);
        Assert.Empty(_society.Database.Search(""));
        Gen.String.Sample(query => { _society.Database.Search(query); }, iter: 200, threads: 1);
        foreach (string query in (string[])["\"", "a AND", "NEAR(", "body:x", "*", "-c", "(", "^a", "a OR b"]) _society.Database.Search(query);
    }

    [Fact]
    public void A_snippet_shows_the_words_around_the_first_match_and_marks_them_all()
    {
        string words = string.Join(' ', Enumerable.Range(0, 50).Select(word => $"w{word}"));
        _society.Save("notes/long", words.Replace("w30", "Eclair").Replace("w33", "eclairs"));
        Assert.Equal("…w25 w26 w27 w28 w29 \u0002Eclair\u0003 w31 w32 \u0002eclairs\u0003 w34 w35 w36 w37 w38 w39 w40…", _society.Database.Search("eclair")[0].Snippet);
        Assert.DoesNotContain("\u0002eclairs", _society.Database.Search("eclair ")[0].Snippet);
        Assert.StartsWith("w0 w1", _society.Database.Search("long")[0].Snippet);
        Gen.Select(Gen.String, Gen.String.Array[0, 3]).Sample((body, words) =>
        {
            string shown = Snippet.Of(body, words.Where(word => word.Length > 0).ToArray(), true).Replace("\u0002", "").Replace("\u0003", "").Trim('…').Trim();
            Assert.Contains(shown, body.Replace("\u0002", "").Replace("\u0003", ""));
        }, iter: 500);
    }

    [Fact]
    public void Where_a_word_stands_on_every_page_the_newest_comes_first()
    {
        foreach (int page in Enumerable.Range(0, 6)) _society.Save($"notes/p{page}", $"common words {page}");
        Assert.Equal("notes/p5", _society.Database.Search("common")[0].Page);
        _society.Edit(EditKind.Append, "notes/p2", "more");
        Assert.Equal("notes/p2", _society.Database.Search("common")[0].Page);
    }

    [Theory]
    [InlineData(300)]
    [InlineData(1_200)]
    public void A_page_that_is_named_as_the_query_or_worth_most_is_found_behind_many_younger_ones(int later)
    {
        _society.Save("notes/operator-c", "how the operator works");
        _society.Save("notes/proved", "the operator is proved here");
        _society.Scratchpad.Commit([.. Enumerable.Range(0, later).Select(page => _society.Request(EditKind.Append, $"notes/{page}", $"the operator at work {page}"))]);
        _society.Database.Write(connection => Dapper.SqlMapper.Execute(connection, "UPDATE page SET worth = 0.5 WHERE name = 'notes/proved'"));
        Assert.Equal(["notes/operator-c", "notes/proved"], _society.Database.Search("operator", limit: 2).Select(hit => hit.Page));
        Assert.Equal("notes/proved", _society.Database.Search("the operator", limit: 3).Select(hit => hit.Page).First(page => page != "notes/operator-c"));
        Assert.Equal(["notes/operator-c", "notes/proved"], _society.Database.Search("operator", limit: 2, prefix: "notes/").Select(hit => hit.Page));
    }

    [Fact]
    public void Backlinks_follow_the_text()
    {
        string first = _society.Save("notes/a", "see [[b]], [[skills/c|how]] and [[../x]]");
        _society.Save("notes/b", "x");
        Assert.Equal(["notes/a"], _society.Archive.Backlinks("notes/b"));
        Assert.Equal(["notes/a"], _society.Archive.Backlinks("skills/c"));
        Assert.Equal([("notes/a", "notes/b")], _society.Archive.Links());
        _society.Save("notes/a", "nothing", first);
        Assert.Empty(_society.Archive.Backlinks("notes/b"));
    }

    [Fact]
    public void The_graph_of_links_holds_the_best_linked_pages_and_says_how_many_there_are()
    {
        Assert.Equal(0, _society.Database.LinkGraph().AllPages);
        _society.Save("notes/a", "[[b]] and [[c]] and [[notes/a]]");
        _society.Save("notes/b", "[[c]] and [[nowhere]]");
        _society.Save("notes/c", "nothing");
        _society.Save("notes/d", "[[a]] and [[gone]]");
        _society.Save("notes/gone", "[[a]]");
        _society.Scratchpad.Delete("notes/gone", "person", 1, "gone");
        LinkGraph graph = _society.Database.LinkGraph(pages: 3);
        Assert.Equal([("notes/a", 1, 2), ("notes/b", 1, 1), ("notes/c", 2, 0)], graph.Pages.Select(page => (page.Name, page.Inward, page.Outward)));
        Assert.Equal([(0, 1), (0, 2), (1, 2)], graph.Links.Order());
        Assert.Equal(4, graph.AllPages);
    }

    [Theory]
    [InlineData("SELECT count(*) FROM page WHERE deleted = 0")]
    [InlineData("SELECT substr(name, 1, instr(name, '/') - 1), count(*) FROM page WHERE deleted = 0 GROUP BY 1 ORDER BY 1")]
    public void Pages_are_counted_without_a_look_at_their_bodies(string sql) =>
        Assert.Contains(_society.Database.Read(connection => Dapper.SqlMapper.Query<(long, long, long, string Detail)>(connection, $"EXPLAIN QUERY PLAN {sql}")), step => step.Detail.Contains("COVERING INDEX page_standing", StringComparison.Ordinal));

    [Fact]
    public void Changes_are_read_with_a_cursor_and_none_is_missed()
    {
        foreach (int edit in Enumerable.Range(0, 10)) _society.Edit(EditKind.Append, "notes/a", $"line {edit}");
        List<long> seen = [];
        for (long cursor = 0; _society.Archive.Changes(cursor, 3) is { Count: > 0 } batch; cursor = batch[^1].Number) seen.AddRange(batch.Select(change => change.Number));
        Assert.Equal(Enumerable.Range(1, 10).Select(number => (long)number), seen);
        Assert.Equal(seen.AsEnumerable().Reverse(), _society.Archive.RecentChanges().Select(change => change.Number));
    }

    [Fact]
    public void Any_chain_of_edits_reads_back_as_written_and_blame_names_who_brought_each_line() =>
        Gen.Select(Gen.Char['a', 'e'].Select(line => $"{line}\n").List[0, 8].Select(lines => string.Concat(lines)), Gen.Int[0, 3]).List[1, 90].Sample(edits =>
        {
            using SocietyFile society = new();
            List<(string Revision, string Body)> written = [];
            foreach ((string body, int author) in edits)
                if (society.Edit(EditKind.Replace, "notes/a", body, written.Count == 0 ? null : written[^1].Revision, $"agent-{author}") is EditResult.Saved saved)
                    written.Add((saved.Revision, body));
            foreach ((string revision, string body) in written) Assert.Equal(body, society.Archive.ReadRevision(revision).Body);
            if (written.Count == 0) return;
            IReadOnlyList<BlamedLine> blame = society.Database.Blame("notes/a");
            Assert.Equal(written[^1].Body, string.Concat(blame.Select(line => line.Line + "\n")));
            // A line stands in the revision that brought it, and in every later one.
            foreach (BlamedLine line in blame)
                Assert.All(written.SkipWhile(revision => revision.Revision != line.Revision.Id), revision => Assert.Contains(line.Line + "\n", revision.Body));
        }, iter: 15, threads: 1);
}
