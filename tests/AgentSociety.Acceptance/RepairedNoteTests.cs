using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using AgentSociety.Core.Environments;
using AgentSociety.Culture;

namespace AgentSociety.Acceptance;

/// <summary>The commands that two terminals type: a run, and beside it the browser's server, by which a person repairs a page that a later agent reads and weights learn from.</summary>
public sealed partial class RepairedNoteTests : IDisposable
{
    private const string Scenario = """
        name: living
        environment:
          name: hidden-operators
          options: { operators: 4, maximumDifficulty: 8 }
        model:
          base: BASE
        population:
          - { role: proposer }
          - { role: solver, count: 3 }
        culture: { experimentsPerRound: 4 }
        selfPlay: { rounds: 100000, proposalsPerRound: 12, problemsPerRound: 6, attemptsPerProblem: 3, maximumTokens: 64, topUp: true }
        learning: { batch: 16, stepCredit: 1 }
        evaluation: { everyRounds: 2, problemsPerDifficulty: 2, difficulties: [1, 2] }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("repaired-note-").FullName;
    private readonly List<Process> _started = [];

    public RepairedNoteTests() => File.WriteAllText(Path.Combine(_folder, "living.yaml"), Scenario.Replace("BASE", Repository.Folder("scenarios/bases/operators"), StringComparison.Ordinal));

    public void Dispose()
    {
        foreach (Process process in _started)
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            process.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_page_that_a_person_repairs_beside_a_run_is_read_by_a_later_agent_and_the_ledger_follows_it_to_the_weights()
    {
        Start("run", "living.yaml", "--out", Path.Combine("runs", "living"), "--plain");
        string database = Path.Combine(_folder, "runs", "living", "society.db");
        string note = await When(database, stored => new PageArchive(stored).List("notes/").FirstOrDefault(page => Fact().IsMatch(new PageArchive(stored).Read(page)!.Body)));
        Process browse = Start("browse", "runs", "--port", "0");
        string? line = await browse.StandardOutput.ReadLineAsync();
        using HttpClient client = new() { BaseAddress = new Uri(line!.Replace("Open ", "", StringComparison.Ordinal)) };

        // Somebody breaks a fact; a person sees it and puts it right.
        Match fact = Fact().Match(await Body(client, note));
        string wrong = $"{fact.Groups["question"].Value}={(int.Parse(fact.Groups["reply"].Value) + 1) % 10}";
        await Replace(client, note, fact.Value, wrong, "vandal");
        string repair = await Replace(client, note, wrong, fact.Value, "ann");

        // A later attempt asks, and is told what the person wrote; what it earned went into a batch, and the batch into a checkpoint.
        LedgerEntry read = await When(database, stored =>
        {
            RevisionInfo written = new PageArchive(stored).Revision(repair);
            return stored.WhatBecameOf(note, 100_000).FirstOrDefault(entry => entry.ReadIn > written.Round && entry.Checkpoint is not null && new PageArchive(stored).Revision(entry.Revision).Number >= written.Number
                && stored.Episode(entry.Episode).ToolCalls.Any(call => call.Kind == ToolKind.Read && call.Page == note && call.Request.StartsWith(fact.Groups["question"].Value, StringComparison.Ordinal) && call.Reply == fact.Groups["reply"].Value));
        });
        Assert.Contains(await When(database, stored => stored.WhatTaught(read.Checkpoint!, 100_000)), taught => taught.Episode == read.Episode && taught.Revision == read.Revision);
        Assert.Contains(await When(database, stored => stored.EpisodesOf(read.Batch!.Value)), text => text.Episode == read.Episode && text.Checkpoint == read.Checkpoint);
        // The same by the web. Agents may have added to the page meanwhile, so that the revision that was read need not be hers: her line in it is.
        JsonElement[] learned = (await client.GetFromJsonAsync<JsonElement[]>($"/api/runs/living/batches/{read.Batch}"))!;
        Assert.Contains(learned, text => text.GetProperty("episode").GetString() == read.Episode && text.GetProperty("checkpoint").GetString() == read.Checkpoint);
        Assert.Contains("ann", await client.GetStringAsync($"/runs/living/blame/{note}"), StringComparison.Ordinal);
    }

    private static async Task<string> Body(HttpClient client, string page) => (await client.GetFromJsonAsync<JsonElement>($"/api/runs/living/pages/{page}")).GetProperty("body").GetString()!;

    /// <summary>Replaces a text of a page by HTTP, on the revision that was read, again where the page moved on in the same place meanwhile.</summary>
    private static async Task<string> Replace(HttpClient client, string page, string old, string text, string author)
    {
        for (int tries = 0; tries < 20; tries++)
        {
            using HttpResponseMessage got = await client.GetAsync($"/api/runs/living/pages/{page}");
            string body = (await got.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("body").GetString()!;
            using HttpRequestMessage put = new(HttpMethod.Put, $"/api/runs/living/pages/{page}")
            {
                Content = JsonContent.Create(new { body = body.Replace(old, text, StringComparison.Ordinal), comment = "by hand", author }),
            };
            put.Headers.TryAddWithoutValidation("If-Match", got.Headers.ETag!.ToString());
            using HttpResponseMessage answer = await client.SendAsync(put);
            if (answer.StatusCode == HttpStatusCode.OK) return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("revision").GetString()!;
            Assert.Equal(HttpStatusCode.PreconditionFailed, answer.StatusCode);
        }

        throw new TimeoutException($"{page} was changed each time before it could be");
    }

    private async Task<T> When<T>(string path, Func<SocietyDatabase, T?> look)
        where T : class
    {
        for (DateTime patience = DateTime.UtcNow.AddMinutes(3); DateTime.UtcNow < patience; await Task.Delay(200))
        {
            Assert.False(_started[0].HasExited, "the run ended");
            if (!File.Exists(path)) continue;
            using SocietyDatabase database = SocietyDatabase.Open(path);
            if (look(database) is { } found) return found;
        }

        throw new TimeoutException("the society did not come to it within three minutes");
    }

    private Process Start(params string[] arguments)
    {
        Process process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "agentsociety.dll"), .. arguments])
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _started.Add(process);
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        if (arguments[0] == "run")
        {
            process.OutputDataReceived += static (_, _) => { };
            process.BeginOutputReadLine();
        }

        return process;
    }

    [GeneratedRegex(@"(?<question>[a-z]\d)=(?<reply>\d)")]
    private static partial Regex Fact();
}
