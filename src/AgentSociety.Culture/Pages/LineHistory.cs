using Microsoft.Data.Sqlite;

namespace AgentSociety.Culture;

/// <summary>The lives of a page's lines: which revision brought each, and which took it away.</summary>
/// <remarks>
/// Walks the main line once from its first revision. A revision's stored delta says which lines it can have touched, so that only
/// those are compared. A line that an edit took away and another brought back is a new line of who brought it back; one that a
/// restoration or a reversal brings back goes on with its own life. Lines that went keep their places among those that stand.
/// </remarks>
internal static class LineHistory
{
    /// <summary>A line and its life.</summary>
    internal sealed class Life
    {
        internal required string Page { get; init; }

        /// <summary>The text with its line break.</summary>
        internal required string Line { get; init; }

        internal required Step Born { get; init; }

        /// <summary>The revision that took it away; null while it stands.</summary>
        internal Step? Died { get; set; }

        /// <summary>The revisions that took it away and brought it back, in turn; empty for a line that never came back.</summary>
        internal List<Step> Turns { get; } = [];

        /// <summary>What stood around it and what was put in its place when it went last; null before.</summary>
        internal Fall? Fall { get; set; }

        /// <summary>The deletion of the page under which a line lies that had gone before it.</summary>
        internal Step? Buried { get; set; }
    }

    /// <summary>How a line went.</summary>
    /// <param name="Before">The line before those that went with it; null at the start of the page.</param>
    /// <param name="After">The line after them; null at the end.</param>
    /// <param name="Replacement">The lines that came in their place.</param>
    internal sealed record Fall(Life? Before, Life? After, IReadOnlyList<Life> Replacement);

    /// <summary>A revision of the main line.</summary>
    internal sealed record Step(long Number, int Round, string Author, string? Episode, string Kind);

    /// <summary>The lines that stand, in order, and those that went.</summary>
    internal static (List<Life> Standing, List<Life> Gone) Of(SqliteConnection connection, string page)
    {
        List<Life> standing = [], gone = [];
        foreach (Life life in Weave(connection, page)) (life.Died is null ? standing : gone).Add(life);
        return (standing, gone);
    }

    /// <summary>All lines that ever stood, each in its place.</summary>
    internal static LinkedList<Life> Weave(SqliteConnection connection, string page)
    {
        Walk walk = new(page);
        string body = "";
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = """
            SELECT number, depth, prefix, suffix, text, round, author, episode, kind FROM revision
            WHERE page = (SELECT id FROM page WHERE name = @page) AND kind <> 'side' ORDER BY number
            """;
        command.Parameters.AddWithValue("@page", page);
        using SqliteDataReader reader = command.ExecuteReader();
        while (reader.Read())
        {
            int prefix = reader.GetInt32(2), suffix = reader.GetInt32(3);
            string text = reader.GetString(4);
            if (reader.GetInt32(1) == 0) (prefix, suffix) = PageBody.Shared(body, text);
            else text = RevisionStore.Apply(body, prefix, suffix, text);
            walk.Take(new Step(reader.GetInt64(0), reader.GetInt32(5), reader.GetString(6), reader.TextOrNull(7), reader.GetString(8)), body, text, prefix, suffix);
            body = text;
        }

        return walk.All;
    }

    private sealed class Walk(string page)
    {
        private readonly List<LinkedListNode<Life>> _standing = [];
        private Step? _deletion;

        internal LinkedList<Life> All { get; } = [];

        internal void Take(Step step, string before, string after, int prefix, int suffix)
        {
            if (step.Kind == "delete")
            {
                foreach (Life life in All.Where(life => life.Died is not null)) life.Buried ??= step;
                _deletion = step;
            }

            string[] went = LineDiff.Lines(before[prefix..^suffix]), came = LineDiff.Lines(after[prefix..^suffix]);
            int last = _standing.Count - before.AsSpan(before.Length - suffix).Count('\n'), first = last - went.Length;
            foreach (Hunk hunk in LineDiff.Between(went, came).Reverse())
                Replace(step, first + hunk.OldStart, hunk.OldCount, came[hunk.NewStart..hunk.NewEnd]);
        }

        private void Replace(Step step, int start, int count, string[] came)
        {
            List<LinkedListNode<Life>> went = _standing.GetRange(start, count);
            LinkedListNode<Life>? previous = start > 0 ? _standing[start - 1] : null, next = start + count < _standing.Count ? _standing[start + count] : null;
            _standing.RemoveRange(start, count);
            List<LinkedListNode<Life>> fresh = Bring(step, previous, next, came);
            _standing.InsertRange(start, fresh);
            Fall fall = new(previous?.Value, next?.Value, [.. fresh.Select(node => node.Value)]);
            foreach (LinkedListNode<Life> node in went)
            {
                if (node.Value.Turns.Count > 0) node.Value.Turns.Add(step);
                node.Value.Died = step;
                node.Value.Fall = fall;
            }
        }

        /// <summary>Puts lines before the next that stands: those of a restoration or a reversal that lie there already rise, all others are born.</summary>
        private List<LinkedListNode<Life>> Bring(Step step, LinkedListNode<Life>? previous, LinkedListNode<Life>? next, string[] came)
        {
            List<LinkedListNode<Life>> brought = [];
            List<LinkedListNode<Life>> lying = step.Kind is "restore" or "revert" ? Between(previous, next) : [];
            // A deletion takes all lines, and its undoing brings those, not lines that were gone before it.
            lying.RemoveAll(node => node.Value.Died is not { } died || (step.Kind == "restore" && died != _deletion));
            int at = 0, index = 0;
            bool raised = false;
            void Bear(int until)
            {
                for (; index < until; index++)
                {
                    Life life = new() { Page = page, Line = came[index], Born = step };
                    LinkedListNode<Life>? place = at < lying.Count ? lying[at] : next;
                    brought.Add(place is null ? All.AddLast(life) : All.AddBefore(place, life));
                }
            }

            void Raise(int until)
            {
                for (; at < until; at++, index++)
                {
                    Life life = lying[at].Value;
                    if (life.Turns.Count == 0) life.Turns.Add(life.Died!);
                    life.Turns.Add(step);
                    (life.Died, life.Buried, raised) = (null, null, true);
                    brought.Add(lying[at]);
                }
            }

            if (lying.Count > 0)
            {
                foreach (Hunk hunk in LineDiff.Between([.. lying.Select(node => node.Value.Line)], came))
                {
                    Raise(hunk.OldStart);
                    at = hunk.OldEnd;
                    Bear(hunk.NewEnd);
                }

                Raise(lying.Count);
                if (raised && step.Kind == "restore")
                    foreach (Life life in All.Where(life => life.Buried == _deletion)) life.Buried = null;
            }

            Bear(came.Length);
            return brought;
        }

        private List<LinkedListNode<Life>> Between(LinkedListNode<Life>? previous, LinkedListNode<Life>? next)
        {
            List<LinkedListNode<Life>> lying = [];
            for (LinkedListNode<Life>? node = previous is null ? All.First : previous.Next; node is not null && node != next; node = node.Next) lying.Add(node);
            return lying;
        }
    }
}
