using Jint;

namespace AgentSociety.Environments.Code;

/// <summary>Ends a program that has worked too long, however busy the machine is with others. Made, asked and looked at on the thread that runs the program.</summary>
sealed class ProcessorLimit(TimeSpan most) : Constraint
{
    // A look asks the operating system, which takes as long as ten statements.
    private const int Seldom = 32;
    private readonly TimeSpan _start = ThreadTime.Used;
    private int _asked;

    /// <summary>What the program has used so far.</summary>
    public TimeSpan Used => ThreadTime.Used - _start;

    public override void Check()
    {
        if (++_asked % Seldom == 0) Look();
    }

    /// <summary>Looks now.</summary>
    /// <exception cref="TimeoutException">It has used more than it may.</exception>
    public void Look()
    {
        if (Used > most) throw new TimeoutException();
    }

    // One program calls the interpreter several times; its time is one.
    public override void Reset()
    {
    }
}
