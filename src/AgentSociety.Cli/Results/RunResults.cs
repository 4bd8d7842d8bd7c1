using AgentSociety.Cli.Reports;
using AgentSociety.Core;
using AgentSociety.Culture;
using AgentSociety.Society;

namespace AgentSociety.Cli.Results;

/// <summary>Writes the files that sum a run up: <c>summary.json</c> for scripts, <c>report.html</c> for people.</summary>
internal static class RunResults
{
    /// <summary>Writes both from the run's database; older ones are replaced whole.</summary>
    public static void Write(RunDirectory directory)
    {
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(directory.Database);
        WholeFile.Write(directory.SummaryFile, RunSummary.Of(database).Json());
        WholeFile.Write(directory.ReportFile, Report.Html(database));
    }
}
