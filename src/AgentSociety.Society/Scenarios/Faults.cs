using AgentSociety.Core;

namespace AgentSociety.Society;

/// <summary>Everything that is wrong with a scenario, so that it can be said at once.</summary>
internal sealed class Faults
{
    private readonly List<(Place At, string Text)> _all = [];

    /// <summary>Number of faults so far.</summary>
    public int Count => _all.Count;

    /// <summary>Notes a fault.</summary>
    /// <param name="at">Where it was written.</param>
    /// <param name="path">The key's path; empty for the whole.</param>
    /// <param name="what">What is wrong and what to do.</param>
    public void Add(Place at, string path, string what) => _all.Add((at, path.Length == 0 ? what : $"{path}: {what}"));

    /// <exception cref="SocietyException">There are faults: one line each, in the order of the file, overrides last.</exception>
    public void Throw()
    {
        if (_all.Count == 0) return;
        IEnumerable<string> lines = _all.OrderBy(fault => fault.At.Line == 0).ThenBy(fault => fault.At.Line).ThenBy(fault => fault.At.Column)
            .Select(fault => $"{fault.At}: {fault.Text}").Distinct();
        throw new SocietyException(string.Join('\n', lines));
    }
}
