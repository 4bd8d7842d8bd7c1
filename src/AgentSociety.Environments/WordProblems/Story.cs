using System.Numerics;
using AgentSociety.Environments.DataSets;

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
    public static Story? Read(string text, int largest, int most)
    {
        string[] sentences = text.Split(". ");
        if (sentences.Length < 3 || sentences.Length > most + 2) return null;
        string who = sentences[0].Split(' ')[0];
        if (!Names.Contains(who) || !sentences[0].StartsWith($"{who} has ", StringComparison.Ordinal)) return null;
        string[] begun = sentences[0][(who.Length + 5)..].Split(' ', 2);
        if (begun.Length != 2 || !Things.Contains(begun[1]) || Whole(begun[0], largest) is not { } first) return null;
        if (sentences[^1] != Question(who, begun[1])) return null;
        List<Event> events = [];
        foreach (string sentence in sentences[1..^1])
        {
            if (!sentence.StartsWith(who + " ", StringComparison.Ordinal) || Event.Read(sentence[(who.Length + 1)..], largest) is not { } happened) return null;
            events.Add(happened);
        }

        return new(who, begun[1], first, events);
    }

    /// <summary>A whole number from 2 on as digits without leading zeros.</summary>
    public static int? Whole(string text, int largest) =>
        text.Length is >= 1 and <= 6 && text[0] != '0' && !text.AsSpan().ContainsAnyExceptInRange('0', '9') && int.Parse(text) is int number && number >= 2 && number <= largest ? number : null;

    public string Write() => $"{Who} has {First} {What}. {string.Concat(Events.Select(happened => $"{Who} {happened.Write()}. "))}{Question(Who, What)}";

    /// <summary>The story without its words: stories that differ in names alone are one problem.</summary>
    public string Numbers() => $"{First}{string.Concat(Events.Select(happened => $"{happened.Operation}{happened.Number}"))}";

    /// <summary>The worked solution, a line for each thing that happens.</summary>
    public IReadOnlyList<(string Line, Rational After)> Work()
    {
        List<(string, Rational)> lines = [];
        Rational now = (BigInteger)First;
        foreach (Event happened in Events)
        {
            Rational after = happened.Apply(now);
            lines.Add(($"{now} {happened.Operation} {happened.Number} = {after}", after));
            now = after;
        }

        return lines;
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

    public static Event? Read(string text, int largest)
    {
        foreach ((char operation, string before, string after) in Words)
        {
            if (text.Length > before.Length + after.Length && text.StartsWith(before, StringComparison.Ordinal) && text.EndsWith(after, StringComparison.Ordinal)
                && Story.Whole(text[before.Length..^after.Length], largest) is { } number) return new(operation, number);
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
