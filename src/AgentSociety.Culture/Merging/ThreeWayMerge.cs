using System.Collections.Immutable;
using System.Text;

namespace AgentSociety.Culture;

/// <summary>Two texts that came from one, brought together.</summary>
/// <param name="Text">The merged text; where sides conflict, both stand between markers as git writes them.</param>
/// <param name="Conflicts">Places where both sides changed the same or touching lines differently; 0 is a clean merge.</param>
public sealed record MergeOutcome(string Text, int Conflicts)
{
    /// <summary>True where nothing needs a person's eye.</summary>
    public bool Clean => Conflicts == 0;
}

/// <summary>Three-way merge by lines.</summary>
/// <remarks>
/// Khanna, Kunal and Pierce, "A formal investigation of diff3" (FSTTCS 2007): hunks of both sides against the base that overlap
/// or touch form one region; a region that one side left alone takes the other's text, one that both changed to the same
/// takes it once, any other is a conflict. This is the rule of <c>git merge-file</c>, which the tests compare it with.
/// DiffPlex 1.9 has a three-way merge too; it is not used because interleaved edits are reported to go wrong in it.
/// </remarks>
public static class ThreeWayMerge
{
    /// <summary>Merges what <paramref name="mine"/> and <paramref name="theirs"/> made of <paramref name="original"/>.</summary>
    public static MergeOutcome Merge(string original, string mine, string theirs)
    {
        if (mine == original || mine == theirs) return new MergeOutcome(theirs, 0);
        if (theirs == original) return new MergeOutcome(mine, 0);
        string[] baseLines = LineDiff.Lines(original), mineLines = LineDiff.Lines(mine), theirLines = LineDiff.Lines(theirs);
        ImmutableArray<Hunk> myHunks = LineDiff.Between(baseLines, mineLines), theirHunks = LineDiff.Between(baseLines, theirLines);
        StringBuilder text = new();
        int conflicts = 0, done = 0, myShift = 0, theirShift = 0, my = 0, their = 0;
        while (my < myHunks.Length || their < theirHunks.Length)
        {
            int start = Math.Min(my < myHunks.Length ? myHunks[my].OldStart : int.MaxValue, their < theirHunks.Length ? theirHunks[their].OldStart : int.MaxValue);
            int end = start, myFirst = my, theirFirst = their;
            for (bool grew = true; grew;)
            {
                grew = false;
                while (my < myHunks.Length && myHunks[my].OldStart <= end)
                    (end, my, grew) = (Math.Max(end, myHunks[my].OldEnd), my + 1, true);
                while (their < theirHunks.Length && theirHunks[their].OldStart <= end)
                    (end, their, grew) = (Math.Max(end, theirHunks[their].OldEnd), their + 1, true);
            }

            Append(text, baseLines, done, start);
            // A side's text of the region: the base's bounds moved by what the side's earlier and inner hunks added.
            int myStart = start + myShift, theirStart = start + theirShift;
            for (int hunk = myFirst; hunk < my; hunk++) myShift += myHunks[hunk].NewCount - myHunks[hunk].OldCount;
            for (int hunk = theirFirst; hunk < their; hunk++) theirShift += theirHunks[hunk].NewCount - theirHunks[hunk].OldCount;
            ReadOnlySpan<string> myPart = mineLines.AsSpan(myStart..(end + myShift)), theirPart = theirLines.AsSpan(theirStart..(end + theirShift));
            if (my == myFirst || myPart.SequenceEqual(theirPart))
            {
                Append(text, theirPart);
            }
            else if (their == theirFirst)
            {
                Append(text, myPart);
            }
            else
            {
                conflicts++;
                text.Append("<<<<<<< mine\n");
                Append(text, myPart, closed: true);
                text.Append("=======\n");
                Append(text, theirPart, closed: true);
                text.Append(">>>>>>> theirs\n");
            }

            done = end;
        }

        Append(text, baseLines, done, baseLines.Length);
        return new MergeOutcome(text.ToString(), conflicts);
    }

    private static void Append(StringBuilder text, string[] lines, int start, int end) => Append(text, lines.AsSpan(start..end));

    private static void Append(StringBuilder text, ReadOnlySpan<string> lines, bool closed = false)
    {
        foreach (string line in lines) text.Append(line);
        if (closed && lines is [.., { } last] && !last.EndsWith('\n')) text.Append('\n');
    }
}
