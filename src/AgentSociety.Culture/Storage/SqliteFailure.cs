using AgentSociety.Core;
using Microsoft.Data.Sqlite;

namespace AgentSociety.Culture;

/// <summary>Turns what SQLite reports into one line that a user can act on.</summary>
internal static class SqliteFailure
{
    internal const int ReadOnly = 8, CannotOpen = 14;
    private const int Busy = 5, Locked = 6, InputOutput = 10, Corrupt = 11, Full = 13, NotADatabase = 26;

    internal static void Explain(string path, Action action) => Explain(path, () =>
    {
        action();
        return true;
    });

    internal static T Explain<T>(string path, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (SqliteException failure)
        {
            throw new SocietyException(Message(failure, path), badInput: failure.SqliteErrorCode is ReadOnly or Corrupt or CannotOpen or NotADatabase, failure);
        }
    }

    private static string Message(SqliteException failure, string path) => failure.SqliteErrorCode switch
    {
        Busy or Locked => $"{path}: another process has held the database for too long; stop it or try again.",
        ReadOnly => $"{path}: the database or its directory cannot be written; change its permissions or name another place.",
        InputOutput => $"{path}: the disk failed to read or write ({failure.Message}); nothing that was committed is lost, check the disk and resume.",
        Corrupt => $"{path}: the database is damaged; restore it from a backup.",
        Full => $"{path}: the disk is full; nothing that was committed is lost, free some space and resume.",
        CannotOpen => $"{path}: the file cannot be opened; check that its directory exists and can be written.",
        NotADatabase => $"{path}: this file is not a society database; name a run's society.db.",
        // A constraint, a lack of memory and the like: nothing that the user asked for is at fault.
        _ => $"{path}: the database refused ({failure.Message.ReplaceLineEndings(" ")}); nothing of this was written, and what was committed before is there; report it.",
    };
}
