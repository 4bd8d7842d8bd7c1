using System.Text;

namespace AgentSociety.Culture;

/// <summary>A page without what some of its revisions did.</summary>
/// <remarks>
/// Works on the lives of lines. Lines that the undone revisions brought go. Lines that they took away come back to their
/// places, unless the page was deleted since. A place is lost where others put lines that stand in the place of what the undone had put
/// there, or took both neighbours away: only that is a conflict. Standing lines of others stay, always.
/// </remarks>
/// <param name="Body">The page afterwards.</param>
/// <param name="Attempt">The same with lost places between conflict markers; null where there is none.</param>
internal sealed record Reversal(string Body, string? Attempt)
{
    internal static Reversal Of(IReadOnlyCollection<LineHistory.Life> weave, Func<LineHistory.Step, bool> undone)
    {
        HashSet<LineHistory.Life> stays = [.. weave.Where(life => !undone(life.Born) && (life.Died is null || ((life.Buried is null || undone(life.Buried)) && ComesBack(life, undone))))];
        LineHistory.Life[] lines = [.. weave.Where(stays.Contains)];
        StringBuilder body = new(), attempt = new();
        bool lost = false;
        for (int index = 0; index < lines.Length;)
        {
            LineHistory.Life line = lines[index];
            if (line.Died is null || !IsLost(line, stays, undone))
            {
                body.Append(line.Line);
                attempt.Append(line.Line);
                index++;
                continue;
            }

            lost = true;
            long gone = line.Died.Number;
            attempt.Append("<<<<<<< mine\n");
            for (; index < lines.Length && lines[index].Died is not null && IsLost(lines[index], stays, undone); index++) Append(lines[index]);
            attempt.Append("=======\n");
            for (; index < lines.Length && lines[index].Died is null && lines[index].Born.Number > gone; index++) Append(lines[index]);
            attempt.Append(">>>>>>> theirs\n");
        }

        return new Reversal(body.ToString(), lost ? attempt.ToString() : null);

        void Append(LineHistory.Life line)
        {
            body.Append(line.Line);
            attempt.Append(line.Line);
        }
    }

    /// <summary>True where the last revision that is not undone and had to do with the line brought it.</summary>
    private static bool ComesBack(LineHistory.Life life, Func<LineHistory.Step, bool> undone)
    {
        if (life.Turns.Count == 0) return undone(life.Died!);
        for (int turn = life.Turns.Count - 1; turn >= 0; turn--)
            if (!undone(life.Turns[turn])) return turn % 2 == 1;
        return true;
    }

    private static bool IsLost(LineHistory.Life line, HashSet<LineHistory.Life> stays, Func<LineHistory.Step, bool> undone)
    {
        bool Gone(LineHistory.Life neighbour) => !undone(neighbour.Born) && !stays.Contains(neighbour);
        if (line.Fall is { Before: { } before, After: { } after } && Gone(before) && Gone(after)) return true;
        // What came in its place, what came in the place of that, and so on: does anything of it stand that is not undone?
        HashSet<LineHistory.Fall> seen = new(ReferenceEqualityComparer.Instance);
        Queue<LineHistory.Fall> falls = new([line.Fall!]);
        while (falls.TryDequeue(out LineHistory.Fall? fall))
        {
            if (!seen.Add(fall)) continue;
            foreach (LineHistory.Life placed in fall.Replacement)
            {
                if (placed.Died is null && !undone(placed.Born)) return true;
                if (placed.Died is not null) falls.Enqueue(placed.Fall!);
            }
        }

        return false;
    }
}
