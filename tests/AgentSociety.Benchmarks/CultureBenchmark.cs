using System.Diagnostics;
using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Records;
using AgentSociety.Culture;
using AgentSociety.Society;
using Akka.Actor;
using Microsoft.Data.Sqlite;

namespace AgentSociety.Benchmarks;

/// <summary>Speed of the scratchpad and the records, against a bare loop over the same database engine and against git.</summary>
public static class CultureBenchmark
{
    private const int Writers = 64, Pages = 50, Edits = 6_400;

    /// <summary>Runs all; <c>--pages N</c> sets the size of the wiki that is searched, <c>--wiki FILE</c> keeps it and takes it up again, <c>--only PART</c> runs one of <c>edits, reads, rounds, crowd, kills, full, wiki</c>.</summary>
    public static int Run(string[] arguments)
    {
        if (arguments is [CultureStress.WriterVerb, { } path, { } run]) return CultureStress.WriteUntilKilled(path, run);
        Figures figures = new(arguments);
        DirectoryInfo directory = Directory.CreateTempSubdirectory("culture-");
        bool Wanted(string name) => figures.Argument("--only") is not { } only || only == name;
        string Place(string name) => Path.Combine(directory.FullName, name);
        int pages = int.Parse(figures.Argument("--pages") ?? "100000");
        try
        {
            if (Wanted("edits")) Edited(figures, Place);
            if (Wanted("reads")) Reads(figures, Place("reads"));
            if (Wanted("rounds")) Rounds(figures, Place("rounds"));
            if (Wanted("crowd")) CultureStress.HotPages(figures, Place("crowd"));
            if (Wanted("kills")) CultureStress.Kills(figures, Place("kills"));
            if (Wanted("full")) CultureStress.FullDisk(figures, Place("full"));
            if (Wanted("wiki")) Wiki(figures, figures.Argument("--wiki") ?? Place("wiki.db"), pages);
        }
        finally
        {
            directory.Delete(recursive: true);
        }

        return 0;
    }

    private static void Edited(Figures figures, Func<string, string> place)
    {
        double bare = BareLoop(figures, place("bare")), durable = DurableEdits(figures, place("edits")), git = GitCommits(figures, place("git"));
        figures.Note(new Figure("durable edits against a bare loop of the same rows", "edits/s", durable, durable, durable, 3, "bare loop", bare));
        figures.Note(new Figure("durable edits against a git commit each", "edits/s", durable, durable, durable, 3, "git commit", git));
    }

    /// <summary>64 tasks, each with one append in flight, ask the scratchpad's actor, whose mailbox decides what goes into one transaction. Latency is what one asker waits.</summary>
    private static double DurableEdits(Figures figures, string place)
    {
        List<double> latencies = [];
        int file = 0;
        double rate = figures.Rate("durable edits, 64 concurrent writers, 50 hot pages", "edits/s", () =>
        {
            using SocietyDatabase database = SocietyDatabase.Open($"{place}-{file++}.db");
            using Scratchpad scratchpad = new(database);
            using ActorSystem system = ActorSystem.Create("edits", "society.own-thread { type = PinnedDispatcher }");
            IActorRef actor = system.ActorOf(ScratchpadActor.Props(scratchpad));
            latencies = [.. Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() => Write(actor, writer)))).GetAwaiter().GetResult().SelectMany(times => times)];
            system.Terminate().Wait();
            return Edits;
        }, runs: 3).Own;
        latencies.Sort();
        Percentiles(figures, "durable edits, latency of one", latencies);
        return rate;
    }

    private static async Task<List<double>> Write(IActorRef actor, int writer)
    {
        List<double> latencies = [];
        for (int turn = 0; turn < Edits / Writers; turn++)
        {
            EditRequest edit = Append($"{turn}/{writer}", $"notes/hot-{((turn * Writers) + writer) % Pages}", $"writer {writer} found fact {turn}", writer);
            long started = Stopwatch.GetTimestamp();
            object answer = await actor.Ask<object>(new ScratchpadActor.Edit([edit]));
            latencies.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            if (answer is not ScratchpadActor.Edited { Results: [EditResult.Saved] }) throw new InvalidOperationException($"{edit.Edit.Page}: {answer}");
        }

        return latencies;
    }

    private static EditRequest Append(string key, string page, string text, int writer, int round = 1) => new()
    {
        Key = key,
        Edit = new NoteEdit { Page = page, Kind = EditKind.Append, Text = text, Comment = "learned" },
        Author = $"solver-{writer}",
        Round = round,
    };

    /// <summary>The same rows and the same full-text index by prepared statements and nothing else: the database's own limit.</summary>
    private static double BareLoop(Figures figures, string place)
    {
        int file = 0;
        return figures.Rate("bare loop of the same rows, 64 a transaction", "edits/s", () =>
        {
            string path = $"{place}-{file++}.db";
            SocietyDatabase.Open(path).Dispose();
            using SqliteConnection connection = new($"Data Source={path};Pooling=False");
            connection.Open();
            SqliteCommand Prepare(string sql, int parameters)
            {
                SqliteCommand command = connection.CreateCommand();
                command.CommandText = sql;
                for (int parameter = 1; parameter <= parameters; parameter++) command.Parameters.Add(new SqliteParameter($"@{parameter}", DBNull.Value));
                return command;
            }

            void Execute(SqliteCommand command, params ReadOnlySpan<object> values)
            {
                for (int value = 0; value < values.Length; value++) command.Parameters[value].Value = values[value];
                command.ExecuteNonQuery();
            }

            using SqliteCommand settings = Prepare("PRAGMA synchronous = FULL; PRAGMA cache_size = -65536", 0), begin = Prepare("BEGIN IMMEDIATE", 0), end = Prepare("COMMIT", 0);
            using SqliteCommand revision = Prepare("INSERT INTO revision (number, id, page, parent, kind, author, round, comment, time, size, depth, prefix, suffix, text) VALUES (@1, @2, @3, @4, 'edit', @5, 1, 'learned', 0, @6, 1, @7, 0, @8)", 8);
            using SqliteCommand edit = Prepare("INSERT INTO edit (key, page, author, round, outcome, revision) VALUES (@1, @2, @3, 1, 'saved', @4)", 4);
            using SqliteCommand page = Prepare("INSERT INTO page (id, name, head, body) VALUES (@1, @2, @3, @4) ON CONFLICT (id) DO UPDATE SET head = @3, body = @4", 4);
            Execute(settings);
            string[] bodies = [.. Enumerable.Repeat("", Pages)];
            long[] heads = new long[Pages];
            for (int number = 1; number <= Edits;)
            {
                Execute(begin);
                HashSet<int> touched = [];
                for (int writer = 0; writer < Writers; writer++, number++)
                {
                    int on = number % Pages;
                    string text = $"writer {writer} found fact {number / Writers}\n", name = $"notes/hot-{on}";
                    Execute(revision, number, number.ToString("x64"), on, heads[on] == 0 ? DBNull.Value : heads[on], $"solver-{writer}", bodies[on].Length + text.Length, bodies[on].Length, text);
                    Execute(edit, $"{number}", name, $"solver-{writer}", number);
                    bodies[on] += text;
                    heads[on] = number;
                    touched.Add(on);
                }

                foreach (int on in touched) Execute(page, on, $"notes/hot-{on}", heads[on], bodies[on]);
                Execute(end);
            }

            return Edits;
        }, runs: 3).Own;
    }

    private static double GitCommits(Figures figures, string place)
    {
        Directory.CreateDirectory(place);
        void Git(params string[] arguments)
        {
            using Process git = Process.Start(new ProcessStartInfo("git", ["-C", place, "-c", "user.name=a", "-c", "user.email=a@b", .. arguments]) { RedirectStandardOutput = true })!;
            git.StandardOutput.ReadToEnd();
            git.WaitForExit();
        }

        Git("init", "-q");
        int edit = 0;
        return figures.Rate("git commit of each edit in a folder of files", "edits/s", () =>
        {
            for (int commit = 0; commit < 40; commit++, edit++)
            {
                File.AppendAllText(Path.Combine(place, $"hot-{edit % Pages}.md"), $"fact {edit}\n");
                Git("add", "-A");
                Git("commit", "-qm", "learned");
            }

            return 40;
        }, runs: 3).Own;
    }

    /// <summary>Eight threads read while eight write without pause, each its own durable edits: through snapshots, a fresh one after each hundred reads, and through the database by <see cref="PageArchive.Read"/>.</summary>
    private static void Reads(Figures figures, string place)
    {
        using SocietyDatabase database = SocietyDatabase.Open(place + ".db");
        using Scratchpad scratchpad = new(database, rules: new EditRules { MaximumPageSize = int.MaxValue });
        scratchpad.Commit([.. Enumerable.Range(0, Edits).Select(edit => Append($"{edit}", $"notes/hot-{edit % Pages}", $"fact {edit}", edit % Writers))]);
        PageArchive archive = new(database);
        int file = 0, written = 0;
        Beside("through snapshots", 200_000, reader =>
        {
            INotes notes = scratchpad.Snapshot();
            return read =>
            {
                if (read % 100 == 0) notes = scratchpad.Snapshot();
                return notes.Read($"notes/hot-{(read + reader) % Pages}");
            };
        });
        Beside("through PageArchive.Read", 2_000, reader => read => archive.Read($"notes/hot-{(read + reader) % Pages}"));
        figures.Note(new Figure("  edits that the writers made meanwhile", "edits", written, written, written, 1));

        void Beside(string how, int each, Func<int, Func<int, NotePage?>> open) => figures.Rate($"reads by name {how}, 8 reader threads beside 8 writer threads", "reads/s", () =>
        {
            int run = file++;
            using CancellationTokenSource done = new();
            Thread[] writers = [.. Enumerable.Range(0, 8).Select(writer => new Thread(() =>
            {
                for (int turn = 0; !done.IsCancellationRequested; turn++)
                {
                    scratchpad.Commit([Append($"{run}/{turn}/{writer}", $"notes/hot-{writer}", $"{run}/{turn}", writer)]);
                    Interlocked.Increment(ref written);
                }
            }))];
            Thread[] readers = [.. Enumerable.Range(0, 8).Select(reader => new Thread(() =>
            {
                Func<int, NotePage?> page = open(reader);
                for (int read = 0; read < each; read++)
                    if (page(read) is null) throw new InvalidOperationException("a page is missing");
            }))];
            foreach (Thread thread in (Thread[])[.. writers, .. readers]) thread.Start();
            foreach (Thread reader in readers) reader.Join();
            done.Cancel();
            foreach (Thread writer in writers) writer.Join();
            return 8 * each;
        }, runs: 3);
    }

    /// <summary>Rounds with their training batches (32 attempts a step, 16 remembered solutions beside them) and without, in turn.</summary>
    private static void Rounds(Figures figures, string place)
    {
        using SocietyDatabase database = SocietyDatabase.Open(place + ".db");
        RunRecords records = new(database);
        List<double> plain = [], batched = [];
        for (int round = 1; round <= 40; round++)
        {
            int number = round;
            RoundRecord record = new()
            {
                Round = round,
                State = "{}",
                Episodes = [.. Enumerable.Range(0, 600).Select(index => new EpisodeRecord
                {
                    Id = $"{number}/solve/{index / 8}/{index % 8}",
                    Round = number,
                    Agent = $"solver-{index % 4}",
                    Role = Role.Solver,
                    Attempt = index % 8,
                    Checkpoint = "base",
                    Segments = [new Segment(Source.Prompt, "bac4="), .. Enumerable.Range(0, 16).Select(part => new Segment(part % 2 == 0 ? Source.Model : Source.Tool, "c4="))],
                    ToolCalls = [.. Enumerable.Range(0, 8).Select(call => new ToolCall { Kind = ToolKind.Read, Request = "c4=", Reply = "2", Page = "notes/operator-c" })],
                    Tokens = new int[60],
                    LogProbabilities = new float[60],
                    LossMask = new bool[60],
                    Outcome = Outcome.Correct,
                    Reason = "the answer is right",
                    Sound = true,
                    Reward = 1,
                })],
                Batches = number % 2 == 0 ? [.. Enumerable.Range(0, 600).Chunk(32).Select((own, step) => new TrainingBatchRecord
                {
                    Weights = "base",
                    Step = step,
                    Demonstrations = 16,
                    Episodes =
                    [
                        .. own.Select(index => new TrainedEpisode($"{number}/solve/{index / 8}/{index % 8}", 1.0 / 600, 0.5)),
                        .. Enumerable.Range(0, 16).Select(index => new TrainedEpisode($"{number - 1}/solve/{step}/{index % 8}", 1.0 / 600, null)),
                    ],
                })] : [],
            };
            long started = Stopwatch.GetTimestamp();
            records.Append(record);
            (number % 2 == 0 ? batched : plain).Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        foreach ((string what, List<double> times) in ((string, List<double>)[])[("without training batches", plain), ("with 19 training batches", batched)])
        {
            times.Sort();
            figures.Note(new Figure($"store a round of 600 episodes of 60 tokens, {what}", "ms", times[10], times[0], times[^1], times.Count));
        }
    }

    private static void Wiki(Figures figures, string place, int pages)
    {
        using SocietyDatabase database = SocietyDatabase.Open(place);
        Random random = new(1);
        string Words(int count) => string.Join(' ', Enumerable.Range(0, count).Select(_ => $"word{(int)(20_000 * Math.Pow(random.NextDouble(), 3))}"));
        int standing = new PageArchive(database).List().Count;
        if (standing == 0) Write(database, pages, Words);
        else pages = standing;
        (List<double> Wall, List<double> Processor) Times(int count, Action<int> act)
        {
            List<double> wall = [], processor = [];
            for (int index = -count / 10; index < count; index++)
            {
                long started = Stopwatch.GetTimestamp();
                TimeSpan used = Environment.CpuUsage.TotalTime;
                act(Math.Abs(index));
                // The first tenth fills caches of code and pages.
                if (index < 0) continue;
                wall.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                processor.Add((Environment.CpuUsage.TotalTime - used).TotalMilliseconds);
            }

            wall.Sort();
            processor.Sort();
            return (wall, processor);
        }

        string Typed(string word) => word[..Math.Min(word.Length, random.Next(5, 9))];
        string size = $"{pages:n0} pages, {10 * pages:n0} revisions";
        Percentiles(figures, $"search two words, {size}", Times(500, _ => database.Search($"{Words(1)} {Words(1)}")));
        Percentiles(figures, $"search as one types, {size}", Times(500, _ => database.Search($"{Words(1)} {Typed(Words(1))}")));
        PageArchive archive = new(database);
        Percentiles(figures, $"history, {size}", Times(500, index => archive.History($"notes/page-{index * 7 % pages}")));
        Percentiles(figures, $"diff of two revisions, {size}", Times(500, index =>
        {
            IReadOnlyList<RevisionInfo> history = archive.History($"notes/page-{index * 7 % pages}");
            archive.Diff(history[^1].Id, history[0].Id);
        }));
        Percentiles(figures, $"blame, {size}", Times(500, index => database.Blame($"notes/page-{index * 7 % pages}")));
        Percentiles(figures, $"all metrics of culture, {size}", Times(5, _ => database.MeasureCulture()));
    }

    /// <summary>Ten revisions of each page, 5,000 a transaction.</summary>
    private static void Write(SocietyDatabase database, int pages, Func<int, string> words)
    {
        using Scratchpad scratchpad = new(database);
        for (int revision = 0; revision < 10; revision++)
            for (int page = 0; page < pages; page += 5_000)
                scratchpad.Commit([.. Enumerable.Range(page, Math.Min(5_000, pages - page)).Select(one => Append($"{revision}/{one}", $"notes/page-{one}", words(8), one % 64, revision))]);
    }

    /// <summary>What a look took, and how much of that a processor worked on it: on a machine that others use the first measures them, too.</summary>
    private static void Percentiles(Figures figures, string name, (List<double> Wall, List<double> Processor) times)
    {
        Percentiles(figures, name, times.Wall);
        Percentiles(figures, $"{name}, processor time", times.Processor);
    }

    private static void Percentiles(Figures figures, string name, List<double> sorted)
    {
        double p50 = sorted[sorted.Count / 2], p99 = sorted[(int)(sorted.Count * 0.99)];
        figures.Note(new Figure($"{name}, p50", "ms", p50, sorted[0], sorted[^1], sorted.Count));
        figures.Note(new Figure($"{name}, p99", "ms", p99, sorted[0], sorted[^1], sorted.Count));
    }
}
