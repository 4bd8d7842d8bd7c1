using AgentSociety.Core.Culture;
using AgentSociety.Culture;

namespace AgentSociety.Web.Tests;

public sealed class AlarmTests(SiteFixture site) : IClassFixture<SiteFixture>
{
    [Theory]
    [InlineData("/runs/small/history/skills/gutted")]
    [InlineData("/runs/small/changes?author=careless")]
    public async Task An_edit_that_removed_more_than_half_of_its_page_is_marked_where_it_is_listed(string address)
    {
        if (site.Run.Pages.Read("skills/gutted") is null)
        {
            string start = Assert.IsType<EditResult.Saved>(site.Run.Write("skills/gutted", "one\ntwo\nthree\nfour\n", author: "careless")).Revision;
            string gutted = Assert.IsType<EditResult.Saved>(site.Run.Write("skills/gutted", "one\n", start, "careless")).Revision;
            site.Run.Write("skills/gutted", "a small addition\n", gutted, "careless", kind: EditKind.Append);
        }

        string html = await site.Client.GetStringAsync(new Uri(address, UriKind.Relative));
        Assert.Equal(2, html.Split("""<span class="badge gutted">""").Length);
        Assert.Contains("removes 75 % of the lines", html, StringComparison.Ordinal);
    }
}
