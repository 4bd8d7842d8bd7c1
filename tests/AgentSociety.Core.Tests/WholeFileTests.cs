namespace AgentSociety.Core.Tests;

public sealed class WholeFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("whole-file-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_is_written_replaces_what_was_there_and_leaves_nothing_beside_it()
    {
        string path = Path.Combine(_folder, "file");
        foreach (string text in (string[])["first", "second"]) WholeFile.Write(path, text);
        Assert.Equal("second", File.ReadAllText(path));
        Assert.Equal([path], Directory.EnumerateFileSystemEntries(_folder));
    }

    [Fact]
    public void A_place_that_cannot_take_it_is_named_and_stays_as_it_was()
    {
        string taken = Directory.CreateDirectory(Path.Combine(_folder, "folder")).FullName;
        foreach (string path in (string[])[taken, Path.Combine(_folder, "missing", "file")])
            Assert.StartsWith($"{path}: cannot be written", Assert.Throws<SocietyException>(() => WholeFile.Write(path, "text")).Message, StringComparison.Ordinal);
        Assert.Equal([taken], Directory.EnumerateFileSystemEntries(_folder));
    }

    [Fact]
    public void A_writer_that_fails_leaves_what_was_there()
    {
        string path = Path.Combine(_folder, "file");
        WholeFile.Write(path, "first");
        Assert.Throws<InvalidOperationException>(() => WholeFile.Write(path, file =>
        {
            file.WriteByte(1);
            throw new InvalidOperationException();
        }));
        Assert.Equal("first", File.ReadAllText(path));
        Assert.Equal([path], Directory.EnumerateFileSystemEntries(_folder));
    }
}
