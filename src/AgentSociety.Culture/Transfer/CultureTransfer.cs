using System.Text;
using System.Text.Json;
using AgentSociety.Core;
using AgentSociety.Core.Culture;
using AgentSociety.Core.Text;
using Dapper;

namespace AgentSociety.Culture;

/// <summary>A scratchpad as a folder of Markdown files with its history beside them, so that one society's culture can be given to another.</summary>
/// <remarks>
/// <c>NAME.md</c> is a page as it is now, under a name that every file system can keep (<see cref="PageFile"/>); <c>history.jsonl</c> holds every
/// revision with its body, sides of merges and deleted pages included, oldest first. Both are of one moment. An import writes
/// each page as one edit whose comment names the revision and author it came from: ids of another society are not forged.
/// </remarks>
public static class CultureTransfer
{
    private const string HistoryFile = "history.jsonl";

    /// <summary>Writes a scratchpad into a new or empty folder.</summary>
    /// <returns>Pages written.</returns>
    /// <exception cref="SocietyException">The folder holds something already.</exception>
    public static int Export(SocietyDatabase database, string folder)
    {
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
            throw new SocietyException($"{folder}: the folder is not empty; name another.");
        Directory.CreateDirectory(folder);
        return database.Read(connection =>
        {
            IReadOnlyDictionary<string, string> files = PageFile.Of(connection.Query<string>("SELECT name FROM page WHERE deleted = 0"));
            foreach ((string page, string body) in connection.Query<(string, string)>("SELECT name, body FROM page WHERE deleted = 0 ORDER BY name", buffered: false))
            {
                string file = Path.Combine(folder, files[page].Replace('/', Path.DirectorySeparatorChar));
                Directory.CreateDirectory(Path.GetDirectoryName(file)!);
                File.WriteAllText(file, body);
            }

            using StreamWriter history = new(Path.Combine(folder, HistoryFile), append: false, new UTF8Encoding(false));
            foreach (RevisionInfo revision in connection.Query<RevisionInfo>($"SELECT {PageArchive.RevisionColumns} FROM {PageArchive.RevisionTables} ORDER BY r.number", buffered: false))
                history.WriteLine(JsonSerializer.Serialize(new ExportedRevision(revision.Id, revision.Page, revision.Parent, revision.Merged, revision.Kind.ToString().ToLowerInvariant(),
                    revision.Author, revision.Round, revision.Episode, revision.Comment, revision.Time, RevisionStore.Body(connection, revision.Number)), JsonSerializerOptions.Web));
            return files.Count;
        });
    }

    /// <summary>Copies the scratchpad with its whole history, and nothing of the run, into a new database.</summary>
    /// <param name="from">Where from; another process may be writing to it.</param>
    /// <param name="destination">A file that does not exist.</param>
    /// <exception cref="SocietyException">The file exists, or cannot be written.</exception>
    public static void CopyNotes(SocietyDatabase from, string destination)
    {
        if (File.Exists(destination)) throw new SocietyException($"{destination}: the file exists already; name another.");
        (object[] revisions, object[] pages) = from.Read(connection => (
            connection.Query<RevisionRow>("SELECT number, id, page, parent, merged, kind, author, round, episode, comment, time, size, depth, prefix, suffix, text FROM revision ORDER BY number").ToArray<object>(),
            connection.Query<PageRow>("SELECT id, name, head, body, deleted, worth FROM page").ToArray<object>()));
        using SocietyDatabase copy = SocietyDatabase.Open(destination);
        copy.Write(connection =>
        {
            connection.Execute("""
                INSERT INTO revision (number, id, page, parent, merged, kind, author, round, episode, comment, time, size, depth, prefix, suffix, text)
                VALUES (@Number, @Id, @Page, @Parent, @Merged, @Kind, @Author, @Round, @Episode, @Comment, @Time, @Size, @Depth, @Prefix, @Suffix, @Text)
                """, revisions);
            connection.Execute("INSERT INTO page (id, name, head, body, deleted, worth) VALUES (@Id, @Name, @Head, @Body, @Deleted, @Worth)", pages);
            return true;
        });
    }

    private sealed record RevisionRow(
        long Number, string Id, long Page, long? Parent, long? Merged, string Kind, string Author, long Round, string? Episode, string Comment, long Time, long Size, long Depth, long Prefix, long Suffix, string Text);

    private sealed record PageRow(long Id, string Name, long Head, string Body, long Deleted, double Worth);

    /// <summary>Brings the pages of an exported folder into a scratchpad. A page that is there already is merged without loss: blocks that it lacks are appended whole (<see cref="PageBlocks"/>); one that was deleted comes back.</summary>
    /// <param name="scratchpad">Where to.</param>
    /// <param name="folder">An exported folder, or any folder of Markdown files under namespaces such as <c>notes/</c>.</param>
    /// <param name="origin">Names where the culture came from, such as the other run's name.</param>
    /// <param name="round">The round in play.</param>
    /// <returns>The result by page; pages that lack nothing are left out.</returns>
    /// <exception cref="SocietyException">The folder does not exist or holds a file whose name is no page name.</exception>
    public static IReadOnlyDictionary<string, EditResult> Import(Scratchpad scratchpad, string folder, string origin, int round)
    {
        if (!Directory.Exists(folder)) throw new SocietyException($"{folder}: there is no such folder; name one that was exported.");
        Dictionary<string, ExportedRevision> heads = Heads(Path.Combine(folder, HistoryFile));
        INotes known = scratchpad.Snapshot();
        List<EditRequest> edits = [];
        foreach (string file in Directory.EnumerateFiles(folder, "*.md", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            string page = PageFile.Page(Path.GetRelativePath(folder, file).Replace(Path.DirectorySeparatorChar, '/'))
                ?? throw new SocietyException($"{file}: the name holds a % that stands for no character; name the file as the page.");
            page = CanonicalComposition.Compose(page);
            if (PageName.Fault(page) is { } fault) throw new SocietyException($"{file}: {fault}.");
            string body = PageBody.Normalise(File.ReadAllText(file)), source = heads.TryGetValue(page, out ExportedRevision? head) && head.Body == body ? $"{head.Author}, round {head.Round}, revision {head.Id}" : "edited by hand";
            string text = known.Read(page) is { Body.Length: > 0 } mine ? PageBlocks.Lacking(mine.Body, body) : body;
            if (text.Length == 0) continue;
            edits.Add(new EditRequest
            {
                // The head is part of the key: what was taken away since an earlier import comes back, and an import that is repeated finds all blocks there.
                Key = $"import/{origin}/{round}/{page}/{scratchpad.HeadOf(page)}/{RevisionId.Of("import", page, null, null, origin, round, "", body)}",
                Edit = new NoteEdit { Page = page, Kind = EditKind.Append, Text = text, Comment = $"from {origin}: {source}" },
                Author = $"import:{origin}",
                Round = round,
                Trusted = true,
            });
        }

        return edits.Zip(scratchpad.Commit(edits)).ToDictionary(pair => pair.First.Edit.Page, pair => pair.Second);
    }

    private static Dictionary<string, ExportedRevision> Heads(string file)
    {
        Dictionary<string, ExportedRevision> heads = [];
        if (!File.Exists(file)) return heads;
        int number = 0;
        foreach (string line in File.ReadLines(file))
        {
            number++;
            try
            {
                ExportedRevision revision = JsonSerializer.Deserialize<ExportedRevision>(line, JsonSerializerOptions.Web)!;
                // A side was never the page.
                if (revision.Kind != "side") heads[revision.Page] = revision;
            }
            catch (JsonException failure)
            {
                throw new SocietyException($"{file}, line {number}: this is no revision; export the culture again or remove the file.", cause: failure);
            }
        }

        return heads;
    }

    private sealed record ExportedRevision(string Id, string Page, string? Parent, string? Merged, string Kind, string Author, int Round, string? Episode, string Comment, long Time, string Body);
}
