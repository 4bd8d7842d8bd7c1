using AgentSociety.Culture;

namespace AgentSociety.Web;

/// <summary>A row of a diff that is shown.</summary>
/// <param name="Old">Number of the line in the old text, from 1; null where it is new.</param>
/// <param name="New">Number of the line in the new text; null where it went.</param>
/// <param name="OldText">The old line in pieces, those that differ marked; null where there is none.</param>
/// <param name="NewText">The new line in pieces.</param>
/// <param name="Hidden">Lines left out here because they are the same; 0 for a row with text.</param>
public sealed record DiffRow(int? Old, int? New, IReadOnlyList<DiffPiece>? OldText, IReadOnlyList<DiffPiece>? NewText, int Hidden = 0)
{
    /// <summary>True where both sides are the same.</summary>
    public bool Same => OldText is not null && ReferenceEquals(OldText, NewText);
}

/// <summary>A part of a line.</summary>
/// <param name="Text">The text.</param>
/// <param name="Marked">True where it differs.</param>
public sealed record DiffPiece(string Text, bool Marked);

/// <summary>Lays a diff out in rows: what went beside what came, with a few lines around.</summary>
internal static class DiffRows
{
    private const int Around = 3;

    internal static IReadOnlyList<DiffRow> Of(string before, string after)
    {
        string[] olds = LineDiff.Lines(before), news = LineDiff.Lines(after);
        List<DiffRow> rows = [];
        int old = 0, come = 0;
        bool first = true;
        foreach (Hunk hunk in LineDiff.Between(before, after))
        {
            Same(rows, olds, ref old, ref come, hunk.OldStart, first ? 0 : Around, Around);
            first = false;
            for (int line = 0; line < Math.Max(hunk.OldCount, hunk.NewCount); line++)
            {
                string? gone = line < hunk.OldCount ? olds[hunk.OldStart + line].TrimEnd('\n') : null, came = line < hunk.NewCount ? news[hunk.NewStart + line].TrimEnd('\n') : null;
                (IReadOnlyList<DiffPiece>? goneText, IReadOnlyList<DiffPiece>? cameText) = Pieces(gone, came);
                rows.Add(new DiffRow(gone is null ? null : hunk.OldStart + line + 1, came is null ? null : hunk.NewStart + line + 1, goneText, cameText));
            }

            (old, come) = (hunk.OldEnd, hunk.NewEnd);
        }

        Same(rows, olds, ref old, ref come, olds.Length, first ? olds.Length : Around, 0);
        return rows;
    }

    /// <summary>Lines that both have, the middle of a long stretch left out.</summary>
    private static void Same(List<DiffRow> rows, string[] lines, ref int old, ref int come, int end, int head, int tail)
    {
        int count = end - old, hidden = count - head - tail;
        for (int line = 0; line < count; line++)
        {
            if (hidden > 1 && line == head)
            {
                rows.Add(new DiffRow(null, null, null, null, hidden));
                line += hidden - 1;
                continue;
            }

            IReadOnlyList<DiffPiece> text = [new DiffPiece(lines[old + line].TrimEnd('\n'), false)];
            rows.Add(new DiffRow(old + line + 1, come + line + 1, text, text));
        }

        (old, come) = (end, come + count);
    }

    /// <summary>Marks what differs between two lines: all but their common start and end.</summary>
    private static (IReadOnlyList<DiffPiece>? Gone, IReadOnlyList<DiffPiece>? Came) Pieces(string? gone, string? came)
    {
        if (gone is null || came is null) return (gone is null ? null : [new DiffPiece(gone, false)], came is null ? null : [new DiffPiece(came, false)]);
        int prefix = gone.AsSpan().CommonPrefixLength(came), most = Math.Min(gone.Length, came.Length) - prefix, suffix = 0;
        while (suffix < most && gone[^(suffix + 1)] == came[^(suffix + 1)]) suffix++;
        // A pair that shares little is two lines, not one that changed.
        if (prefix + suffix < Math.Min(gone.Length, came.Length) / 3) return ([new DiffPiece(gone, false)], [new DiffPiece(came, false)]);
        return (Cut(gone, prefix, suffix), Cut(came, prefix, suffix));
    }

    private static List<DiffPiece> Cut(string line, int prefix, int suffix)
    {
        // Halves of a surrogate pair are not parted.
        if (prefix > 0 && prefix < line.Length && char.IsLowSurrogate(line[prefix])) prefix--;
        if (suffix > 0 && char.IsLowSurrogate(line[^suffix])) suffix--;
        List<DiffPiece> pieces = [];
        if (prefix > 0) pieces.Add(new DiffPiece(line[..prefix], false));
        if (line.Length - prefix - suffix > 0) pieces.Add(new DiffPiece(line[prefix..^suffix], true));
        if (suffix > 0) pieces.Add(new DiffPiece(line[^suffix..], false));
        return pieces;
    }
}
