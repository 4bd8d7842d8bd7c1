namespace AgentSociety.Core;

/// <summary>A failure that a user can act on. The message is one line that says what is wrong, where, and what to do.</summary>
/// <remarks>The command line prints the message alone; everything else that is thrown is a defect and is printed with its trace under <c>--verbose</c>.</remarks>
public sealed class SocietyException : Exception
{
    /// <summary>Creates the failure.</summary>
    /// <param name="message">One line: what is wrong, where, and what to do.</param>
    /// <param name="badInput">True when the user's input is at fault (exit code 2), false when the run failed (exit code 3).</param>
    /// <param name="cause">What was thrown underneath, shown under <c>--verbose</c>.</param>
    public SocietyException(string message, bool badInput = true, Exception? cause = null)
        : base(message, cause) => BadInput = badInput;

    /// <summary>True when the input is at fault, false when the run failed.</summary>
    public bool BadInput { get; }

    /// <summary>True for a failure of a run that would meet it again if it went on.</summary>
    public bool Repeats { get; init; }

    /// <summary>True where there is no room for what was asked for now and there will be: too much waits already.</summary>
    public bool Busy { get; init; }

    /// <summary>True where what was asked for by name is not there: no such run, page, revision or episode.</summary>
    public bool Missing { get; init; }

    /// <summary>The key under <c>environment.options</c> that is at fault; null where it is none of them, or several together.</summary>
    public string? Option { get; init; }
}
