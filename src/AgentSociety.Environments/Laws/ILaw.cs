using AgentSociety.Core.Environments;
using AgentSociety.Core.Randomness;

namespace AgentSociety.Environments.Laws;

/// <summary>A kind of world that is a table of hidden facts, and the problems that are walks through it: rules only.</summary>
/// <remarks>
/// A question has one fixed length and so has its reply; the world is the list of replies by index of question. Tools, verifier and demonstrations
/// are the same for every law. Implementations are immutable and safe to call from any thread.
/// </remarks>
interface ILaw
{
    string Name { get; }

    /// <summary>Every character of questions, replies, problems and prompts, without the marks of <see cref="LawText"/>.</summary>
    string Symbols { get; }

    int MaximumDifficulty { get; }

    /// <summary>How many questions there are: the facts of a world.</summary>
    int Questions { get; }

    int QuestionLength { get; }

    int ReplyLength { get; }

    /// <summary>What an answer looks like, for the reason of a malformed one.</summary>
    string AnswerForm { get; }

    /// <summary>Index of a question; -1 where the text is none.</summary>
    int IndexOf(ReadOnlySpan<char> question);

    /// <summary>The question of this index.</summary>
    string Question(int index);

    /// <summary>The page on which the fact of this question belongs.</summary>
    string Page(int index);

    /// <summary>True where the text has the form of a reply.</summary>
    bool Says(ReadOnlySpan<char> reply);

    /// <summary>True where the text has the form of an answer.</summary>
    bool Answers(ReadOnlySpan<char> answer);

    /// <summary>Draws a world: the reply to each question.</summary>
    /// <param name="part">The stream of random numbers of a part of the world, by its index.</param>
    string[] Draw(Func<int, KeyedRandom> part);

    /// <summary>Reads a proposal.</summary>
    Proposal Parse(string text);

    /// <summary>A problem of exactly this difficulty.</summary>
    Problem Generate(int difficulty, KeyedRandom random);

    /// <summary>What a solver sees of a problem.</summary>
    string Prompt(string problem) => problem;

    /// <summary>True where the solver of this problem can try the question by experiment.</summary>
    bool Testable(string problem, int question) => true;

    /// <summary>Begins the walk of a problem that has been parsed.</summary>
    ILawWalk Begin(string problem);
}

/// <summary>One walk through a world: which question comes next, given the replies so far.</summary>
interface ILawWalk
{
    /// <summary>Index of the question that must be asked next; -1 where the walk is done.</summary>
    int Due { get; }

    /// <summary>Takes the reply to <see cref="Due"/> and goes on. The reply has the form of one and may be untrue.</summary>
    void Take(ReadOnlySpan<char> reply);

    /// <summary>Where a part of the walk is over and another begins, what is left, as a problem of its own: who writes it down goes on as if it had been asked. Null elsewhere, and at the start.</summary>
    string? Rest => null;

    /// <summary>The answer that follows from the replies; only where the walk is done.</summary>
    string Answer { get; }

    /// <summary>Index of the question whose reply is this walk's answer and must be noted before answering; -1 where nothing is handed on.</summary>
    int HandsOn => -1;

    /// <summary>An answer of the right form by one who cannot finish the walk.</summary>
    string Guess(KeyedRandom random);
}
