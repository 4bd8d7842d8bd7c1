using AgentSociety.Core.Records;

namespace AgentSociety.Core.Environments;

/// <summary>An environment that measures how complex proposals are, and how unlike one another: whether proposers go on to say new things.</summary>
/// <remarks>Optional, and for showing only: nobody is paid by it.</remarks>
public interface IMeasuredProposals
{
    /// <summary>Measures the valid proposals of one round; nothing where there is nothing to measure.</summary>
    /// <returns>Metrics under <c>proposals/</c>.</returns>
    IReadOnlyList<MetricRecord> Measure(IReadOnlyList<Problem> proposals);
}
