using AgentSociety.Core.Environments;

namespace AgentSociety.Environments.Laws;

/// <summary>Every mark that laws are written with, and the only place that reads them.</summary>
/// <remarks>
/// For a law with questions of two characters and replies of one: look-up <c>c4?</c>, experiment <c>c4!</c>, note <c>c42;</c>, answer <c>#1</c>; a fact on a
/// page <c>c4=2</c>; proposer's prompt <c>@95--:</c>.
/// </remarks>
static class LawText
{
    public const char Look = '?';
    public const char Experiment = '!';
    public const char Note = ';';
    public const char Answer = '#';
    public const char Unknown = '-';
    public const char Ask = '=';

    /// <summary>Ends of calls, in the order of <see cref="Look"/>, <see cref="Experiment"/>, <see cref="Note"/>.</summary>
    public const string Markers = "?!;";

    public static string Alphabet(ILaw law) => $"{law.Symbols}=?!;#-@:";

    public static string Fact(ILaw law, int question, ReadOnlySpan<char> reply) => $"{law.Question(question)}{Ask}{reply}";

    public static string ProposerPrompt(Frontier frontier, int maximumDifficulty) => $"@{FrontierText.Digits(frontier, maximumDifficulty)}:";

    /// <summary>ASCII digits only: <see cref="char.IsDigit(char)"/> lets look-alikes of other scripts pass.</summary>
    public static bool IsDigit(char character) => character is >= '0' and <= '9';

    /// <summary>True where the character is one of the first <paramref name="count"/> letters.</summary>
    public static bool IsLetter(char character, int count) => character >= 'a' && character < 'a' + count;

    public static string Letters(int count) => string.Create(count, 0, static (text, _) =>
    {
        for (int index = 0; index < text.Length; index++) text[index] = (char)('a' + index);
    });

    /// <summary>Reads the call that ends just before <paramref name="end"/>, its marker included. Whatever stands before it is not looked at.</summary>
    /// <returns>The call, or null where these characters are none.</returns>
    public static LawCall? CallEndingAt(ILaw law, ReadOnlySpan<char> text, int end)
    {
        if (end < 1) return null;
        char marker = text[end - 1];
        int reply = marker switch
        {
            Look or Experiment => 0,
            Note => law.ReplyLength,
            _ => -1,
        };
        int length = law.QuestionLength + reply + 1;
        if (reply < 0 || end < length) return null;
        ReadOnlySpan<char> call = text.Slice(end - length, length);
        int question = law.IndexOf(call[..law.QuestionLength]);
        if (question < 0 || (reply > 0 && !law.Says(call.Slice(law.QuestionLength, reply)))) return null;
        return new(marker, question, length);
    }

    /// <summary>The reply that a page holds to a question: that of its last line of exactly the form of a fact; null where there is none.</summary>
    /// <remarks>Pages are written by models and people: anything else on them is passed over.</remarks>
    public static string? Recall(ILaw law, string page, int question)
    {
        string? reply = null;
        foreach (ReadOnlySpan<char> line in page.AsSpan().EnumerateLines())
        {
            if (FactIn(law, line, out ReadOnlySpan<char> said) == question) reply = said.ToString();
        }

        return reply;
    }

    /// <summary>Index of the question that a line answers, and the reply that it states; -1 where it has not exactly the form of a fact.</summary>
    public static int FactIn(ILaw law, ReadOnlySpan<char> line, out ReadOnlySpan<char> reply)
    {
        line = line.Trim(' ');
        reply = default;
        if (line.Length != law.QuestionLength + 1 + law.ReplyLength || line[law.QuestionLength] != Ask) return -1;
        reply = line[(law.QuestionLength + 1)..];
        return law.Says(reply) ? law.IndexOf(line[..law.QuestionLength]) : -1;
    }

    /// <summary>Walks a problem in a world that replies to everything.</summary>
    /// <returns>The answer, and how many questions it took.</returns>
    public static (string Answer, int Steps) Solve(ILaw law, string problem, string[] world)
    {
        ILawWalk walk = law.Begin(problem);
        int steps = 0;
        for (; walk.Due >= 0; steps++) walk.Take(world[walk.Due]);
        return (walk.Answer, steps);
    }
}

/// <summary>A call that could be read.</summary>
/// <param name="Marker">Which tool it calls.</param>
/// <param name="Question">Index of its question.</param>
/// <param name="Length">Characters of the call.</param>
readonly record struct LawCall(char Marker, int Question, int Length);
