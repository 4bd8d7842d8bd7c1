using System.Runtime.InteropServices;

namespace AgentSociety.Cli;

/// <summary>Turns Ctrl-C (and a polite kill) into a request to stop at a safe point; the second one ends the process at once.</summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;

    /// <summary>Begins to listen.</summary>
    /// <param name="said">Told at the first request.</param>
    public Interruption(Action said)
    {
        void Handle(PosixSignalContext context)
        {
            if (_source.IsCancellationRequested) Environment.Exit(ExitCode.Interrupted);
            context.Cancel = true;
            said();
            _source.Cancel();
        }

        _registrations = [PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle)];
    }

    /// <summary>Cancelled at the first request.</summary>
    public CancellationToken Token => _source.Token;

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations) registration.Dispose();
        _source.Dispose();
    }
}
