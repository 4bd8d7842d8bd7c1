namespace AgentSociety.Models.Templates;

/// <summary>What a template may still do before it is stopped: work, by the size of what is read and made, and depth.</summary>
/// <remarks>It belongs to the thread that renders, since values compare and print themselves far below the interpreter.</remarks>
internal static class JinjaBudget
{
    /// <summary>Steps of one rendering; one is a statement, an expression or an item, or some hundred characters.</summary>
    public const int MostSteps = 1_000_000;

    /// <summary>Characters of the longest text.</summary>
    public const int LongestText = 1 << 24;

    private const int CharactersOfAStep = 256;
    private const int DeepestEvaluation = 1_000;

    [ThreadStatic]
    private static long _steps;

    [ThreadStatic]
    private static int _depth;

    /// <summary>A new rendering begins.</summary>
    public static void Begin() => (_steps, _depth) = (0, 0);

    /// <summary>Steps are taken.</summary>
    /// <param name="line">The line that asks for them; 0 where it is told elsewhere.</param>
    /// <param name="steps">How many.</param>
    /// <exception cref="JinjaException">There are none left.</exception>
    public static void Spend(int line, long steps)
    {
        _steps += steps;
        if (_steps > MostSteps) throw new JinjaException(line, $"it takes more than {MostSteps} steps");
    }

    /// <summary>A text of this length is read through.</summary>
    public static void Read(long length) => Spend(0, length / CharactersOfAStep);

    /// <summary>A text of this length is about to be made.</summary>
    public static void Make(long length)
    {
        if (length > LongestText) throw new JinjaException(0, $"a text is longer than {LongestText} characters");
        Read(length);
    }

    /// <summary>An expression or a statement within another is begun.</summary>
    /// <remarks>Long chains of operators are as deep as they are long, and macros that call each other add up: no part of a template knows how deep it stands.</remarks>
    public static void Enter(int line)
    {
        if (++_depth > DeepestEvaluation) throw new JinjaException(line, $"it is nested deeper than {DeepestEvaluation}");
    }

    /// <summary>It is done.</summary>
    public static void Leave() => _depth--;
}
