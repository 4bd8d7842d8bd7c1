using AgentSociety.Core.Culture;

namespace AgentSociety.Culture;

/// <summary>A part of a society's history whose notes are a scratchpad of their own: what earlier eras wrote is kept and cannot be read.</summary>
/// <param name="FirstRound">The round with which it begins; the first era's pages have their plain names.</param>
/// <remarks>
/// Pages of later eras lie in notebooks of the era, <c>agents/era-21/notes/operator-c</c>, those of its agents and groups in
/// <c>agents/era-21-group-1/notes/operator-c</c>. So newborns who inherit nothing write the same facts anew, with authors and history of their own.
/// </remarks>
public readonly record struct Era(int FirstRound)
{
    private string Notebook => FormattableString.Invariant($"agents/{PageName.EraNotebook}{FirstRound}");

    /// <summary>The full name of a page that is meant in this era.</summary>
    public string Page(string page) => FirstRound <= 1 ? page
        : PageName.Notebook(page) is { } owner ? $"{Notebook}-{owner}/{PageName.InsideNotebook(page)}" : $"{Notebook}/{page}";

    /// <summary>This era's part of a scratchpad under the names that its people use.</summary>
    public INotes View(INotes all) => FirstRound <= 1 ? all : new EraNotes(all, this);

    private sealed class EraNotes(INotes all, Era era) : INotes
    {
        public NotePage? Read(string page) => all.Read(era.Page(page)) is { } note ? note with { Name = page } : null;

        public IReadOnlyList<string> List(string prefix) =>
            [.. all.List(era.Notebook).Select(Inside).OfType<string>().Where(page => page.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

        private string? Inside(string page) => page[era.Notebook.Length..] switch
        {
            ['/', .. string own] => own,
            ['-', .. string owned] => $"agents/{owned}",
            _ => null,
        };
    }
}
