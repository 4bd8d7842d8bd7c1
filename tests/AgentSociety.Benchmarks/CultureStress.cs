using System.Diagnostics;
using System.Text;
using System.Threading.Channels;
using AgentSociety.Core;
using AgentSociety.Core.Culture;
using AgentSociety.Culture;
using Dapper;

namespace AgentSociety.Benchmarks;

/// <summary>The scratchpad under what must not break it: crowds on hot pages, kills, a full disk. Each throws where a promise is not kept.</summary>
internal static class CultureStress
{
    /// <summary>The word by which this program is told to be the writer that is killed.</summary>
    internal const string WriterVerb = "write-until-killed";

    private const int Agents = 1_000, EditsEach = 100, Pages = 50;

    /// <summary>1,000 agents with one edit in flight each: appends, sections, and replacements of what they read, which may be stale. Then every page is replayed.</summary>
    internal static void HotPages(Figures figures, string place)
    {
        using SocietyDatabase database = SocietyDatabase.Open(place + ".db");
        using Scratchpad scratchpad = new(database, rules: new EditRules { MaximumPageSize = 10_000_000 });
        Channel<(EditRequest Edit, TaskCompletionSource<EditResult> Done)> queue = Channel.CreateUnbounded<(EditRequest, TaskCompletionSource<EditResult>)>();
        Task committer = Task.Run(async () =>
        {
            List<(EditRequest Edit, TaskCompletionSource<EditResult> Done)> batch = [];
            while (await queue.Reader.WaitToReadAsync())
            {
                batch.Clear();
                while (batch.Count < Agents && queue.Reader.TryRead(out (EditRequest, TaskCompletionSource<EditResult>) waiting)) batch.Add(waiting);
                IReadOnlyList<EditResult> results = scratchpad.Commit([.. batch.Select(waiting => waiting.Edit)]);
                for (int edit = 0; edit < results.Count; edit++) batch[edit].Done.SetResult(results[edit]);
            }
        });

        long started = Stopwatch.GetTimestamp();
        Task<(List<string> Accepted, int Merged, int Conflicts)>[] agents = [.. Enumerable.Range(0, Agents).Select(agent => Task.Run(() => Agent(scratchpad, queue.Writer, agent)))];
        Task.WaitAll(agents);
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        queue.Writer.Complete();
        committer.Wait();
        int merged = agents.Sum(agent => agent.Result.Merged), conflicts = agents.Sum(agent => agent.Result.Conflicts), accepted = agents.Sum(agent => agent.Result.Accepted.Count);
        Require(accepted + conflicts == Agents * EditsEach, $"{accepted} accepted and {conflicts} reported conflicts are not {Agents * EditsEach} edits");
        figures.Note(new Figure($"{Agents:n0} agents x {EditsEach} edits on {Pages} hot pages", "edits/s", Agents * EditsEach / seconds, Agents * EditsEach / seconds, Agents * EditsEach / seconds, 1));
        figures.Note(new Figure("  of them merged", "edits", merged, merged, merged, 1));
        figures.Note(new Figure("  of them reported as conflicts", "edits", conflicts, conflicts, conflicts, 1));
        INotes notes = scratchpad.Snapshot();
        HashSet<string> lines = [.. notes.List("").SelectMany(page => LineDiff.Lines(notes.Read(page)!.Body))];
        Require(agents.SelectMany(agent => agent.Result.Accepted).All(lines.Contains), "an accepted edit is not on its page");
        int recorded = database.Read(connection => connection.ExecuteScalar<int>("SELECT count(*) FROM edit WHERE outcome = 'conflict'"));
        Require(recorded == conflicts, $"{recorded} conflicts are recorded and {conflicts} were reported");
        int replayed = notes.List("").Sum(page => Replay(database, page, notes.Read(page)!.Body));
        figures.Note(new Figure("  revisions replayed with the same ids and bodies", "revisions", replayed, replayed, replayed, 1));
    }

    private static async Task<(List<string> Accepted, int Merged, int Conflicts)> Agent(Scratchpad scratchpad, ChannelWriter<(EditRequest, TaskCompletionSource<EditResult>)> queue, int agent)
    {
        List<string> accepted = [];
        int merged = 0, conflicts = 0;
        Random random = new(agent);
        for (int number = 0; number < EditsEach; number++)
        {
            string page = $"notes/hot-{random.Next(Pages)}", line = $"agent {agent} edit {number}";
            NotePage? read = scratchpad.Snapshot().Read(page);
            NoteEdit edit = new() { Page = page, Kind = EditKind.Append, Text = line, Comment = "learned" };
            int act = read is null ? 9 : random.Next(10);
            if (act == 0)
            {
                // A section of one's own never conflicts with anybody.
                edit = edit with { Kind = EditKind.Section, Section = $"Agent {agent} edit {number}", BaseRevision = read!.Revision };
            }
            else if (act == 1)
            {
                // A line put somewhere inside what was read: merged where nobody touched its neighbours in the meantime.
                List<string> lines = [.. LineDiff.Lines(read!.Body)];
                lines.Insert(random.Next(lines.Count), line + "\n");
                edit = edit with { Kind = EditKind.Replace, Text = string.Concat(lines), BaseRevision = read.Revision };
            }

            TaskCompletionSource<EditResult> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
            await queue.WriteAsync((new EditRequest { Key = $"{agent}/{number}", Edit = edit, Author = $"solver-{agent}", Round = 1 }, done));
            switch (await done.Task)
            {
                case EditResult.Saved saved:
                    accepted.Add(line + "\n");
                    if (saved.Merged) merged++;
                    break;
                case EditResult.Conflict:
                    conflicts++;
                    break;
                case { } other:
                    throw new InvalidOperationException($"{page}: {other}");
            }
        }

        return (accepted, merged, conflicts);
    }

    /// <summary>Builds every revision of a page again from its first, and compares its id, which vouches for body and parents.</summary>
    /// <returns>Revisions.</returns>
    private static int Replay(SocietyDatabase database, string page, string head) => database.Read(connection =>
    {
        string body = "", last = "";
        Dictionary<long, string> ids = [];
        foreach (dynamic row in connection.Query("SELECT number, id, parent, merged, kind, author, round, comment, depth, prefix, suffix, text FROM revision WHERE page = (SELECT id FROM page WHERE name = @page) ORDER BY number", new { page }, buffered: false))
        {
            // A side builds on what its author had read, all others on the head before them.
            string made = row.depth == 0 ? row.text : RevisionStore.Apply(row.kind == "side" ? RevisionStore.Read(connection, (long)row.parent).Body : body, (int)row.prefix, (int)row.suffix, (string)row.text);
            string? parent = row.parent is long of ? ids[of] : null, merged = row.merged is long side ? ids[side] : null;
            Require(row.kind == "side" || (parent ?? "") == last, $"{page}: revision {row.number} does not follow the head before it");
            Require((row.kind == "merge") == (merged is not null), $"{page}: revision {row.number} is no proper merge");
            Require(RevisionId.Of((string)row.kind, page, parent, merged, (string)row.author, (int)row.round, (string)row.comment, made) == (string)row.id, $"{page}: revision {row.number} has another body than its id says");
            ids[(long)row.number] = row.id;
            if (row.kind == "side") continue;
            (body, last) = (made, (string)row.id);
        }

        Require(body == head, $"{page}: its history does not lead to its body");
        return ids.Count;
    });

    /// <summary>A process that writes without pause is killed fifty times on one file.</summary>
    internal static void Kills(Figures figures, string place, int times = 50)
    {
        string path = place + ".db";
        List<string> acknowledged = [];
        Random random = new(5);
        List<double> reopening = [];
        for (int kill = 0; kill < times; kill++)
        {
            using Process writer = Process.Start(new ProcessStartInfo("dotnet", ["exec", typeof(CultureStress).Assembly.Location, "culture", WriterVerb, path, $"{kill}"]) { RedirectStandardOutput = true })!;
            acknowledged.Add(writer.StandardOutput.ReadLine()!);
            Thread.Sleep(random.Next(5, 120));
            writer.Kill();
            writer.WaitForExit();
            acknowledged.AddRange(writer.StandardOutput.ReadToEnd().Split('\n').SkipLast(1));
            long started = Stopwatch.GetTimestamp();
            using SocietyDatabase database = SocietyDatabase.Open(path);
            using Scratchpad scratchpad = new(database);
            reopening.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            INotes notes = scratchpad.Snapshot();
            HashSet<string> lines = [.. notes.List("").SelectMany(page => notes.Read(page)!.Body.Split('\n'))];
            Require(acknowledged.All(lines.Contains), $"kill {kill}: an acknowledged edit is lost");
            Require(database.CheckIntegrity().Count == 0, $"kill {kill}: the file is damaged");
        }

        reopening.Sort();
        figures.Note(new Figure($"kill -9 {times} times: acknowledged edits, none lost", "edits", acknowledged.Count, acknowledged.Count, acknowledged.Count, times));
        figures.Note(new Figure("  opening the file after a kill", "ms", reopening[times / 2], reopening[0], reopening[^1], times));
    }

    /// <summary>The writer that is killed: says each edit's line after the commit that made it durable.</summary>
    internal static int WriteUntilKilled(string path, string run)
    {
        using SocietyDatabase database = SocietyDatabase.Open(path);
        using Scratchpad scratchpad = new(database, rules: new EditRules { MaximumPageSize = int.MaxValue });
        using StreamWriter output = new(Console.OpenStandardOutput()) { AutoFlush = true };
        for (int commit = 0; ; commit++)
        {
            string[] lines = [.. Enumerable.Range(0, 64).Select(edit => $"{run}/{commit}/{edit}")];
            scratchpad.Commit([.. lines.Select((line, edit) => new EditRequest
            {
                Key = line,
                Edit = new NoteEdit { Page = $"notes/{run}-{edit}", Kind = EditKind.Append, Text = line, Comment = "" },
                Author = "writer",
                Round = 1,
            })]);
            output.Write(string.Concat(lines.Select(line => line + "\n")));
        }
    }

    /// <summary>The file may not grow: the error is clear, what was acknowledged stays, and it goes on when there is space again.</summary>
    internal static void FullDisk(Figures figures, string place)
    {
        using SocietyDatabase database = SocietyDatabase.Open(place + ".db");
        using Scratchpad scratchpad = new(database);
        database.LimitPages(2_000);
        string text = new StringBuilder().Insert(0, "a line of text that fills the disk\n", 20).ToString();
        int acknowledged = 0;
        string message = "";
        EditRequest Edit(int number) => new() { Key = $"{number}", Edit = new NoteEdit { Page = $"notes/{number}", Kind = EditKind.Append, Text = $"{number}\n{text}", Comment = "" }, Author = "writer", Round = 1 };
        while (message.Length == 0)
        {
            try
            {
                scratchpad.Commit([Edit(acknowledged)]);
                acknowledged++;
            }
            catch (SocietyException failure)
            {
                message = failure.Message;
            }
        }

        Require(message.Contains("the disk is full", StringComparison.Ordinal), $"a full disk is told as: {message}");
        Require(scratchpad.Snapshot().List("").Count == acknowledged && database.CheckIntegrity().Count == 0, "a full disk lost or damaged something");
        database.LimitPages(1_000_000);
        scratchpad.Commit([Edit(acknowledged)]);
        Require(scratchpad.Snapshot().List("").Count == acknowledged + 1, "writing does not go on after there is space again");
        figures.Note(new Figure("full disk: acknowledged edits, none lost", "edits", acknowledged, acknowledged, acknowledged, 1));
    }

    private static void Require(bool kept, string broken)
    {
        if (!kept) throw new InvalidOperationException(broken);
    }
}
