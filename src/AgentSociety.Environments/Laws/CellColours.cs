using AgentSociety.Core.Randomness;

namespace AgentSociety.Environments.Laws;

/// <summary>Cells of two or three colours, and the tables that say what becomes of a cell by the colours around it: what rings and grids share.</summary>
/// <remarks>A table makes every colour of equally many neighbourhoods, as nearly as their number allows, so that none paints all cells alike.</remarks>
/// <param name="colours">How many colours there are.</param>
/// <param name="around">Cells of a neighbourhood, the middle one included.</param>
sealed class CellColours(int colours, int around)
{
    private const string All = ".ox";

    /// <summary>A character for each colour.</summary>
    public string Symbols { get; } = Named(colours);

    /// <summary>Entries of a table.</summary>
    public int Neighbourhoods { get; } = Enumerable.Repeat(colours, around).Aggregate((product, count) => product * count);

    /// <summary>A character for each of so many colours.</summary>
    public static string Named(int colours) => All[..colours];

    /// <summary>True where every character is a cell.</summary>
    public bool Are(ReadOnlySpan<char> text) => !text.ContainsAnyExcept(Symbols);

    /// <summary>Index of a neighbourhood.</summary>
    public int Index(params ReadOnlySpan<char> neighbourhood)
    {
        int index = 0;
        foreach (char cell in neighbourhood) index = index * colours + All.IndexOf(cell, StringComparison.Ordinal);
        return index;
    }

    /// <summary>The neighbourhood of this index.</summary>
    public string Neighbourhood(int index) => string.Create(around, (index, colours), static (text, at) =>
    {
        int left = at.index;
        for (int place = text.Length - 1; place >= 0; place--, left /= at.colours) text[place] = All[left % at.colours];
    });

    /// <summary>Draws what a table makes of each neighbourhood.</summary>
    public IEnumerable<string> Table(KeyedRandom random) => random.Permutation(Neighbourhoods).Select(place => All[place % colours].ToString());

    /// <summary>Draws a colour for each place.</summary>
    public void Fill(Span<char> cells, KeyedRandom random)
    {
        foreach (ref char cell in cells) cell = All[random.Next(colours)];
    }
}
