using AgentSociety.Core.Culture;
using CsCheck;

namespace AgentSociety.Culture.Tests;

public sealed class SectionTests : IDisposable
{
    private const string Page = "intro\n# One\nfirst\n## Inner\ndeep\n# Two\nsecond\n";

    private readonly SocietyFile _society = new();

    public void Dispose() => _society.Dispose();

    private EditResult Edit(string section, string text, string? start, string author = "solver-1", OnConflict onConflict = OnConflict.Merge)
    {
        EditRequest request = _society.Request(EditKind.Section, "notes/a", text, start, author, onConflict: onConflict);
        return _society.Scratchpad.Commit([request with { Edit = request.Edit with { Section = section } }])[0];
    }

    private string Body => _society.Archive.Read("notes/a")!.Body;

    [Fact]
    public void A_section_reaches_to_the_next_heading_of_its_level_and_code_holds_no_headings()
    {
        Assert.Equal("first\n## Inner\ndeep\n", PageSection.Read(Page, "One"));
        Assert.Equal("deep\n", PageSection.Read(Page, "## Inner"));
        Assert.Null(PageSection.Read(Page, "# Inner"));
        Assert.Equal("second\n", PageSection.Read(Page, "Two"));
        Assert.Equal("```\n# no\n```\n", PageSection.Read("# A\n```\n# no\n```\n# B\n", "A"));
        Assert.Equal([(1, "One"), (2, "Inner"), (1, "Two")], PageSection.Headings(Page));
    }

    [Fact]
    public void One_section_is_replaced_and_the_rest_stays() => Gen.Select(Gen.Int[0, 2], Gen.Char['a', 'c'].List[0, 3]).Sample((which, lines) =>
    {
        string heading = (string[])["One", "Two", "Three"] is var headings ? headings[which] : "";
        string text = string.Concat(lines.Select(line => $"{line}\n")), changed = PageSection.Replace(Page, heading, text);
        Assert.Equal(text, PageSection.Read(changed, heading));
        foreach (string other in headings.Where(other => other != heading)) Assert.Equal(PageSection.Read(Page, other), PageSection.Read(changed, other));
        Assert.StartsWith("intro\n", changed);
    }, iter: 200);

    [Fact]
    public void Edits_of_two_sections_on_one_base_never_conflict_even_where_their_lines_touch()
    {
        string start = _society.Save("notes/a", "# One\nfirst\n# Two\nsecond");
        Assert.IsType<EditResult.Saved>(Edit("One", "uno", start));
        Assert.IsType<EditResult.Saved>(Edit("Two", "dos", start, "solver-2", OnConflict.Fail));
        Assert.IsType<EditResult.Saved>(Edit("Three", "tres", start, "solver-3", OnConflict.Fail));
        Assert.Equal("# One\nuno\n# Two\ndos\n# Three\ntres\n", Body);
    }

    [Fact]
    public void Edits_of_one_section_are_merged_by_lines_or_reported()
    {
        string start = _society.Save("notes/a", "# One\n1\n2\n3\n# Two\nx");
        Edit("One", "one\n2\n3", start);
        Assert.True(Assert.IsType<EditResult.Saved>(Edit("One", "1\n2\nthree", start, "solver-2")).Merged);
        Assert.Equal("one\n2\nthree\n", PageSection.Read(Body, "One"));
        EditResult.Conflict conflict = Assert.IsType<EditResult.Conflict>(Edit("One", "eins\n2\n3", start, "solver-3"));
        Assert.Contains("<<<<<<< mine\neins\n=======\none\n", conflict.Attempt);
        Assert.Equal("# One\neins\n2\n3\n# Two\nx\n", conflict.Mine);
        Assert.IsType<EditResult.Conflict>(Edit("Two", "who reads before it writes?", null));
    }

    [Fact]
    public void A_text_that_would_end_its_section_and_an_edit_without_a_heading_are_refused()
    {
        string start = _society.Save("notes/a", Page);
        Assert.Contains("would end the section", Assert.IsType<EditResult.Rejected>(Edit("One", "x\n# Three\ny", start)).Reason);
        Assert.IsType<EditResult.Saved>(Edit("One", "x\n## Three\ny", start));
        Assert.Equal(EditRule.Form, Assert.IsType<EditResult.Rejected>(Edit(" ", "x", start)).Rule);
        Assert.Equal(EditRule.Form, Assert.IsType<EditResult.Rejected>(Edit("a\nb", "x", start)).Rule);
    }

    [Fact]
    public void A_section_edit_that_waits_is_carried_out_as_one()
    {
        string start = _society.Save("notes/a", Page);
        using Scratchpad ruled = new(_society.Database, rules: new EditRules { Admission = Core.Scenarios.AdmissionRule.Review });
        EditRequest request = _society.Request(EditKind.Section, "notes/a", "zwei", start);
        EditResult.Proposed waits = Assert.IsType<EditResult.Proposed>(ruled.Commit([request with { Edit = request.Edit with { Section = "Two" } }])[0]);
        _society.Edit(EditKind.Replace, "notes/a", Page.Replace("first", "1st"), start);
        Assert.IsType<EditResult.Saved>(ruled.Decide(waits.Proposal, true, "person", "good", 1));
        Assert.Equal(Page.Replace("first", "1st").Replace("second", "zwei"), Body);
    }
}
