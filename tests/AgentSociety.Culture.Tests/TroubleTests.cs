using AgentSociety.Core;
using AgentSociety.Core.Records;
using Microsoft.Data.Sqlite;

namespace AgentSociety.Culture.Tests;

public sealed class TroubleTests : IDisposable
{
    private readonly SocietyFile _society = new();

    public void Dispose() => _society.Dispose();

    [Fact]
    public void A_newer_schema_is_refused()
    {
        Run(_society.Path, "PRAGMA user_version = 9999");
        Assert.Contains("schema 9999", Assert.Throws<SocietyException>(() => SocietyDatabase.Open(_society.Path)).Message);
        Assert.Contains("schema 9999", Assert.Throws<SocietyException>(() => SocietyDatabase.OpenReadOnly(_society.Path)).Message);
    }

    [Fact]
    public void A_file_that_is_no_database_and_a_place_that_is_not_there_are_told_as_such()
    {
        string path = _society.Path + ".txt";
        File.WriteAllText(path, new string('x', 8192));
        Assert.Contains("not a society database", Assert.Throws<SocietyException>(() => SocietyDatabase.Open(path)).Message);
        Assert.Contains("not a society database", Assert.Throws<SocietyException>(() => SocietyDatabase.OpenReadOnly(path)).Message);
        Assert.Contains("does not exist", Assert.Throws<SocietyException>(() => SocietyDatabase.Open(Path.Combine(_society.Path, "..", "nowhere", "society.db"))).Message);
        Assert.Contains("no such database", Assert.Throws<SocietyException>(() => SocietyDatabase.OpenReadOnly(_society.Path + ".none")).Message);
    }

    [Fact]
    public void A_reader_brings_what_an_older_version_wrote_up_to_date_and_leaves_strangers_alone()
    {
        Run(_society.Path, "DROP TRIGGER episode_is_append_only_update; DROP TRIGGER episode_is_append_only_delete; DROP TRIGGER transcript_is_append_only_update; DROP TRIGGER transcript_is_append_only_delete; DROP VIEW saved_batch; DROP TABLE outside_read; DROP TABLE trained; ALTER TABLE checkpoint DROP COLUMN first_batch; ALTER TABLE checkpoint DROP COLUMN last_batch; DROP TABLE training_batch; DROP TABLE answer_transcript; DROP TABLE answer; DROP INDEX page_of_head; ALTER TABLE edit DROP COLUMN asked; DROP INDEX page_standing; DROP INDEX page_of_worth; DROP TRIGGER page_name_insert; DROP TABLE page_name; PRAGMA user_version = 4");
        using (SocietyDatabase reader = SocietyDatabase.OpenReadOnly(_society.Path)) Assert.True(reader.IsReadOnly);
        Run(_society.Path, "DROP INDEX page_of_head");

        string stranger = _society.Path + ".stranger";
        Run(stranger, "CREATE TABLE theirs (id INTEGER)");
        byte[] before = File.ReadAllBytes(stranger);
        Assert.Contains("not a society database", Assert.Throws<SocietyException>(() => SocietyDatabase.OpenReadOnly(stranger)).Message);
        Assert.Equal(before, File.ReadAllBytes(stranger));
    }

    [Fact]
    public void A_closed_database_is_read_where_nothing_may_be_written()
    {
        if (OperatingSystem.IsWindows()) return;
        _society.Save("notes/a", "c4=2");
        string folder = Directory.CreateTempSubdirectory("read-only-").FullName, copy = Path.Combine(folder, "a society?#.db");
        _society.Database.BackUp(copy);
        Run(copy, "PRAGMA journal_mode = WAL");
        // A folder in the place of the file that a reader would make: also who may write anywhere cannot make it.
        Directory.CreateDirectory($"{copy}-shm");
        try
        {
            using SocietyDatabase reader = SocietyDatabase.OpenReadOnly(copy);
            Assert.Equal("c4=2\n", ArchivedNotes.Of(reader).Read("notes/a")!.Body);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_reader_cannot_write()
    {
        using SocietyDatabase reader = SocietyDatabase.OpenReadOnly(_society.Path);
        Assert.Contains("reading only", Assert.Throws<SocietyException>(() => new Scratchpad(reader)).Message);
    }

    [Fact]
    public void A_full_disk_is_a_clear_error_and_loses_nothing_that_was_acknowledged()
    {
        _society.Database.LimitPages(80);
        int acknowledged = 0;
        SocietyException failure = Assert.Throws<SocietyException>(() =>
        {
            for (; acknowledged < 10_000; acknowledged++) _society.Save($"notes/page-{acknowledged}", new string('x', 500) + acknowledged);
        });
        Assert.Contains("the disk is full", failure.Message);
        Assert.False(failure.BadInput);
        Assert.True(acknowledged > 5);
        Assert.Equal(acknowledged, _society.Scratchpad.Snapshot().List("").Count);
        _society.Database.LimitPages(100_000);
        _society.Save("notes/after", "goes on");
        _society.Reopen();
        Assert.Equal(acknowledged + 1, _society.Scratchpad.Snapshot().List("").Count);
        Assert.Empty(_society.Database.CheckIntegrity());
    }

    [Theory]
    [InlineData("UPDATE transcript SET segments = '[]'")]
    [InlineData("DELETE FROM transcript")]
    [InlineData("UPDATE episode SET reward = 1")]
    [InlineData("DELETE FROM episode")]
    public void Transcripts_cannot_be_changed_even_by_hand(string sql)
    {
        new RunRecords(_society.Database).Append(new RoundRecord { Round = 1, State = "{}", Episodes = [TestEpisode.Of(1, 0, 1)] });
        SocietyException failure = Assert.Throws<SocietyException>(() => _society.Database.Write(connection =>
        {
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = sql;
            return command.ExecuteNonQuery();
        }));
        Assert.Contains("append-only", failure.Message);
    }

    [Fact]
    public void Revisions_cannot_be_changed_even_by_hand()
    {
        _society.Save("notes/a", "one");
        SocietyException failure = Assert.Throws<SocietyException>(() => _society.Database.Write(connection =>
        {
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = "UPDATE revision SET author = 'somebody else'";
            return command.ExecuteNonQuery();
        }));
        // A code that is none of those with an advice of their own is told in one line all the same.
        Assert.Contains("append-only", failure.Message);
        Assert.DoesNotContain('\n', failure.Message);
        Assert.False(failure.BadInput);
        Assert.IsType<SqliteException>(failure.InnerException);
    }

    private static void Run(string path, string sql)
    {
        using SqliteConnection connection = new($"Data Source={path};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
