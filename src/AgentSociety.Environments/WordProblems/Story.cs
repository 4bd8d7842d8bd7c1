using System.Globalization;
using System.Numerics;

namespace AgentSociety.Environments.WordProblems;

/// <summary>A story in the small English that word problems are posed in, and what it says in numbers.</summary>
/// <remarks><c>Ada has 12 apples. Ada gets 5 more. Ada keeps one of 2 equal shares. How many apples has Ada now?</c></remarks>
sealed record Story(string Who, string What, int First, IReadOnlyList<Event> Events)
{
    /// <summary>Who stories are told of.</summary>
    public static IReadOnlyList<string> Names { get; } = ["Ada", "Ben", "Cem", "Dora", "Emil", "Femi", "Gita", "Hugo"];

    /// <summary>What they have.</summary>
    public static IReadOnlyList<string> Things { get; } = ["apples", "books", "coins", "kilos of rice", "litres of milk", "metres of rope"];

    /// <summary>Reads a story; null where the text is none.</summary>
    public static Story? Read(ReadOnlySpan<char> text, int largest, int most)
    {
        if (Named(Names, ref text) is not { } who || !Skip(" has ", ref text) || Whole(ref text, largest) is not { } first) return null;
        if (!Skip(" ", ref text) || Named(Things, ref text) is not { } what || !Skip(". ", ref text)) return null;
        List<Event> events = new(Math.Min(most, 8));
        while (Skip(who, ref text))
        {
            if (events.Count == most || !Skip(" ", ref text) || Event.Read(ref text, largest) is not { } happened || !Skip(". ", ref text)) return null;
            events.Add(happened);
        }

        return events.Count > 0 && Skip("How many ", ref text) && Skip(what, ref text) && Skip(" has ", ref text) && Skip(who, ref text) && text is " now?"
            ? new(who, what, first, events) : null;
    }

    /// <summary>Passes over a word that the text begins with; false where it does not.</summary>
    public static bool Skip(string word, ref ReadOnlySpan<char> text)
    {
        if (!text.StartsWith(word, StringComparison.Ordinal)) return false;
        text = text[word.Length..];
        return true;
    }

    /// <summary>Passes over a whole number from 2 on, written as digits without leading zeros; null where the text begins with none.</summary>
    public static int? Whole(ref ReadOnlySpan<char> text, int largest)
    {
        int digits = text.IndexOfAnyExceptInRange('0', '9');
        if (digits is < 1 or > 6 || text[0] == '0') return null;
        int number = int.Parse(text[..digits], CultureInfo.InvariantCulture);
        if (number < 2 || number > largest) return null;
        text = text[digits..];
        return number;
    }

    /// <summary>The story in words.</summary>
    /// <param name="letters">A letter for each thing that happens, which stands before it, <c>(c) Ada gets 5 more.</c>; none where it is shorter.</param>
    public string Write(string letters = "") =>
        $"{Who} has {First} {What}. {string.Concat(Events.Select((happened, index) => $"{(index < letters.Length ? $"({letters[index]}) " : "")}{Who} {happened.Write()}. "))}{Question(Who, What)}";

    /// <summary>The story without its words: stories that differ in names alone are one problem.</summary>
    public string Numbers() => $"{First}{string.Concat(Events.Select(happened => $"{happened.Operation}{happened.Number}"))}";

    /// <summary>The worked solution, a line for each thing that happens, behind its letter where it has one.</summary>
    public IReadOnlyList<(string Line, Rational After)> Work(string letters = "")
    {
        List<(string, Rational)> lines = new(Events.Count);
        Rational now = (BigInteger)First;
        Span<char> room = stackalloc char[96];
        foreach (Event happened in Events)
        {
            Rational after = happened.Apply(now);
            string letter = lines.Count < letters.Length ? $"{letters[lines.Count]}: " : "";
            lines.Add((string.Create(CultureInfo.InvariantCulture, room, $"{letter}{now} {happened.Operation} {happened.Number} = {after}"), after));
            now = after;
        }

        return lines;
    }

    // No name begins another one.
    private static string? Named(IReadOnlyList<string> names, ref ReadOnlySpan<char> text)
    {
        foreach (string name in names)
        {
            if (Skip(name, ref text)) return name;
        }

        return null;
    }

    private static string Question(string who, string what) => $"How many {what} has {who} now?";
}

/// <summary>Something that happens to a number of things.</summary>
/// <param name="Operation">One of + - * /.</param>
/// <param name="Number">By how much.</param>
sealed record Event(char Operation, int Number)
{
    private static readonly (char Operation, string Before, string After)[] Words =
    [
        ('+', "gets ", " more"), ('-', "gives ", " away"), ('*', "now has ", " times as many"), ('/', "keeps one of ", " equal shares"),
    ];

    /// <summary>Passes over something that happens; null where the text begins with nothing of the kind.</summary>
    public static Event? Read(ref ReadOnlySpan<char> text, int largest)
    {
        foreach ((char operation, string before, string after) in Words)
        {
            if (Story.Skip(before, ref text)) return Story.Whole(ref text, largest) is { } number && Story.Skip(after, ref text) ? new(operation, number) : null;
        }

        return null;
    }

    public string Write()
    {
        (_, string before, string after) = Words.First(words => words.Operation == Operation);
        return $"{before}{Number}{after}";
    }

    public Rational Apply(Rational now) => Operation switch
    {
        '+' => now + (BigInteger)Number,
        '-' => now - (BigInteger)Number,
        '*' => now * (BigInteger)Number,
        _ => now / (BigInteger)Number,
    };
}
