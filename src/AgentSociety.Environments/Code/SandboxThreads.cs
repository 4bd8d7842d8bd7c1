namespace AgentSociety.Environments.Code;

/// <summary>Threads with a large stack for programs to run on, kept for the next program: to make one costs far more than a typical program.</summary>
/// <remarks>
/// One program at a time has a thread. It is kept where the program behaved, at most one idle thread for each core, for <see cref="Uses"/> programs and
/// until it was idle for <see cref="Idle"/>: what programs touched of its stack goes back to the machine then. A program that outlasts its time is
/// abandoned together with its thread, which ends when the program does.
/// </remarks>
sealed class SandboxThreads(int stack)
{
    private const int Uses = 2_000;
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(5);
    private readonly Lock _gate = new();
    private readonly List<Worker> _idle = [];

    /// <summary>Runs a program, which must not throw, and waits for it.</summary>
    /// <returns>What came of it; null where it was abandoned.</returns>
    public ProgramRun? Run(Func<ProgramRun> program, TimeSpan time)
    {
        Worker worker = Take() ?? new Worker(this, stack);
        ProgramRun? run = worker.Run(program, time);
        if (run is not { Behaved: true } || !Keep(worker)) worker.End();
        return run;
    }

    private Worker? Take()
    {
        lock (_gate)
        {
            if (_idle.Count == 0) return null;
            // The one that ran last: its stack is in the cache.
            Worker last = _idle[^1];
            _idle.RemoveAt(_idle.Count - 1);
            return last;
        }
    }

    private bool Keep(Worker worker)
    {
        lock (_gate)
        {
            if (worker.Used >= Uses || _idle.Count >= Environment.ProcessorCount) return false;
            _idle.Add(worker);
            return true;
        }
    }

    // False where someone has just taken it.
    private bool Retire(Worker worker)
    {
        lock (_gate) return _idle.Remove(worker);
    }

    private sealed class Worker
    {
        private readonly SandboxThreads _owner;
        private readonly object _turn = new();
        private Func<ProgramRun>? _program;
        private ProgramRun? _run;
        private bool _ended;

        public Worker(SandboxThreads owner, int stack)
        {
            _owner = owner;
            new Thread(Serve, stack) { IsBackground = true, Name = "sandbox" }.Start();
        }

        /// <summary>Programs that it has run.</summary>
        public int Used { get; private set; }

        public ProgramRun? Run(Func<ProgramRun> program, TimeSpan time)
        {
            lock (_turn)
            {
                (_program, _run) = (program, null);
                Used++;
                Monitor.Pulse(_turn);
                while (_run is null)
                {
                    if (!Monitor.Wait(_turn, time)) return _run;
                }

                return _run;
            }
        }

        public void End()
        {
            lock (_turn)
            {
                _ended = true;
                Monitor.Pulse(_turn);
            }
        }

        private void Serve()
        {
            while (Next() is { } program)
            {
                ProgramRun run = program();
                lock (_turn)
                {
                    _run = run;
                    Monitor.Pulse(_turn);
                }
            }
        }

        private Func<ProgramRun>? Next()
        {
            lock (_turn)
            {
                while (_program is null && !_ended)
                {
                    if (!Monitor.Wait(_turn, Idle) && _owner.Retire(this)) return null;
                }

                Func<ProgramRun>? next = _ended ? null : _program;
                _program = null;
                return next;
            }
        }
    }
}

/// <summary>How a program ran.</summary>
/// <param name="Came">What came of it.</param>
/// <param name="Behaved">True where it kept all limits, so that its thread is fit for another program.</param>
/// <param name="Allocated">Bytes that it allocated.</param>
/// <param name="Processor">Processor time that it took.</param>
sealed record ProgramRun(Execution Came, bool Behaved, long Allocated, TimeSpan Processor);
