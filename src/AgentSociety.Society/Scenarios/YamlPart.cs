namespace AgentSociety.Society;

/// <summary>Where a piece of a scenario was written: a place in a file, counted from 1, or an override, which has no line.</summary>
internal readonly record struct Place(string Source, long Line = 0, long Column = 0)
{
    public override string ToString() => Line == 0 ? Source : $"{Source}:{Line}:{Column}";
}

/// <summary>YAML as it was written, each piece with its place.</summary>
internal abstract record YamlPart(Place At)
{
    /// <summary>One value; plain unless it was quoted.</summary>
    public sealed record Scalar(Place At, string Text, bool Quoted) : YamlPart(At)
    {
        /// <summary>True where nothing was written, or <c>null</c>.</summary>
        public bool IsNull => !Quoted && Text is "" or "~" or "null";
    }

    /// <summary>A list.</summary>
    public sealed record Sequence(Place At, List<YamlPart> Items) : YamlPart(At);

    /// <summary>Keys and values in order; keys are unique.</summary>
    public sealed record Mapping(Place At, List<YamlEntry> Entries) : YamlPart(At)
    {
        public YamlPart? this[string key] => Entries.Find(entry => entry.Key == key)?.Value;

        /// <summary>Sets a key, in its old place where there is one.</summary>
        public void Set(YamlEntry entry)
        {
            int index = Entries.FindIndex(known => known.Key == entry.Key);
            if (index < 0) Entries.Add(entry);
            else Entries[index] = entry;
        }
    }

    /// <summary>What it is, for messages.</summary>
    public string Kind => this switch
    {
        Scalar { IsNull: true } => "nothing",
        Scalar { Quoted: true } scalar => $"the text \"{Shorten(scalar.Text)}\"",
        Scalar scalar => $"'{Shorten(scalar.Text)}'",
        Sequence => "a list",
        _ => "keys with values",
    };

    private static string Shorten(string text)
    {
        string line = text.ReplaceLineEndings(" ");
        return line.Length <= 40 ? line : line[..40] + "...";
    }
}

/// <summary>A key with its value.</summary>
internal sealed record YamlEntry(string Key, Place KeyAt, YamlPart Value);
