using Dapper;

namespace AgentSociety.Culture;

/// <summary>Which edits have been asked for before.</summary>
public static class RecordedEdits
{
    /// <summary>True where an edit whose key begins so was carried out or refused: with it all edits of its batch were, since a batch is one transaction.</summary>
    /// <param name="database">The database.</param>
    /// <param name="prefix">How keys begin, such as <c>migration/12/</c>; ends in a slash.</param>
    public static bool KnowsEdits(this SocietyDatabase database, string prefix) => database.Read(connection =>
        connection.ExecuteScalar<bool>("SELECT EXISTS (SELECT 1 FROM edit WHERE key >= @prefix AND key < @after)", new { prefix, after = prefix[..^1] + "0" }));
}
