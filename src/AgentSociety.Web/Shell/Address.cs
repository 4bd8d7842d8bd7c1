namespace AgentSociety.Web;

/// <summary>Where things are: every address of the app is made here.</summary>
internal static class Address
{
    internal static string Run(string run) => $"/runs/{Uri.EscapeDataString(run)}";

    internal static string Configuration(string run) => $"{Run(run)}/configuration";

    internal static string Scratchpad(string run) => $"{Run(run)}/scratchpad";

    internal static string Page(string run, string page) => $"{Run(run)}/pages/{Path(page)}";

    internal static string PageAsOf(string run, string page, int round) => $"{Page(run, page)}?round={round}";

    internal static string Revision(string run, string page, string revision) => $"{Page(run, page)}?revision={revision}";

    internal static string History(string run, string page) => $"{Run(run)}/history/{Path(page)}";

    internal static string Blame(string run, string page) => $"{Run(run)}/blame/{Path(page)}";

    internal static string Edit(string run, string page) => $"{Run(run)}/edit/{Path(page)}";

    internal static string Diff(string run, string page, string? from, string to, string view = "inline") => $"{Run(run)}/diff/{Path(page)}?{(from is null ? "" : $"from={from}&")}to={to}&view={view}";

    internal static string Book(string run, string book) => $"{Run(run)}/whole/{Path(book)}";

    internal static string Worth(string run) => $"{Run(run)}/worth";

    internal static string Changes(string run) => $"{Run(run)}/changes";

    internal static string Links(string run) => $"{Run(run)}/links";

    internal static string Proposals(string run) => $"{Run(run)}/proposals";

    internal static string Problems(string run) => $"{Run(run)}/problems";

    internal static string Problem(string run, string problem) => $"{Run(run)}/problems/{Path(problem)}";

    internal static string Episodes(string run) => $"{Run(run)}/episodes";

    internal static string Episode(string run, string episode) => $"{Run(run)}/episodes/{Path(episode)}";

    internal static string Answers(string run) => $"{Run(run)}/answers";

    internal static string Answer(string run, string answer) => $"{Run(run)}/answers/{Path(answer)}";

    internal static string Lessons(string run, string checkpoint) => $"{Run(run)}/lessons/{Uri.EscapeDataString(checkpoint)}";

    internal static string Agents(string run) => $"{Run(run)}/agents";

    internal static string Agent(string run, string agent) => $"{Run(run)}/agents/{Path(agent)}";

    internal static string Compare(IEnumerable<string> runs) => $"/compare?{string.Join('&', runs.Select(run => $"run={Uri.EscapeDataString(run)}"))}";

    /// <summary>The address of a request with some of its query changed; null takes a part away.</summary>
    internal static string With(HttpRequest request, params (string Name, object? Value)[] changes)
    {
        HashSet<string> changed = [.. changes.Select(change => change.Name)];
        IEnumerable<KeyValuePair<string, string?>> query = request.Query.Where(pair => !changed.Contains(pair.Key))
            .SelectMany(pair => pair.Value.Select(value => KeyValuePair.Create(pair.Key, value)))
            .Concat(changes.Where(change => change.Value is not null).Select(change => KeyValuePair.Create(change.Name, change.Value!.ToString())));
        return request.Path + QueryString.Create(query);
    }

    private static string Path(string name) => string.Join('/', name.Split('/').Select(Uri.EscapeDataString));
}
