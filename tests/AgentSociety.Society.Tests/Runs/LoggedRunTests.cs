using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Culture;
using AgentSociety.Learning;

namespace AgentSociety.Society.Tests;

/// <summary>What is said of logged episodes that their records do not hold.</summary>
[Collection("Torch")]
public sealed class LoggedRunTests : IDisposable
{
    private static readonly ExportOptions All = new() { Format = ExportFormat.ChatML };

    private readonly TinySociety _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public async Task A_log_says_at_which_temperature_each_round_was_sampled()
    {
        RunDirectory directory = _tiny.Create("run");
        await TinySociety.Run(_tiny.Scenario("selfPlay.temperature=0.8", "guards.patience=1", "guards.maximumSelfBleu=0", "guards.temperatureFloor=1.3"), directory);
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(directory.Database);
        LoggedEpisode[] log = [.. LoggedPlay.Noted(RunLog.Read(database, All), database)];
        Assert.NotEmpty(log);
        Assert.All(log, logged => Assert.Equal((logged.Episode.Round == 1 ? 0.8 : 1.3, 40, "hidden-operators"), (logged.Temperature, logged.MaximumTokens, logged.Environment)));
    }

    [Fact]
    public async Task Proposals_that_were_not_played_are_known_by_the_problem_that_they_pose()
    {
        RunDirectory directory = _tiny.Create("run");
        LoadedScenario scenario = _tiny.Scenario([.. TinySociety.Literate, "selfPlay.proposalsPerRound=40"]);
        await TinySociety.Run(scenario, directory);
        IEnvironment environment = RunPlan.Of(scenario).Environment;
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(directory.Database);
        LoggedEpisode[] proposals = [.. LoggedProposals.Read(RunLog.Read(database, All), database).Where(logged => logged.Episode.Role == Role.Proposer)];
        foreach (LoggedEpisode logged in proposals)
        {
            Problem? problem = environment.Parse(string.Concat(logged.Episode.Segments.Where(segment => segment.Source == Source.Model).Select(segment => segment.Text))).Problem;
            if (problem is not null) Assert.Equal(problem.CanonicalForm, logged.ProblemKey);
            Assert.Equal(problem is not null && Reservation.Holds(environment, problem), logged.Reserved);
        }

        Assert.All(proposals, logged => Assert.Empty(logged.Quoted));
        Assert.Contains(proposals, logged => logged is { Problem: null, Reserved: false, Posed: not null });
        Assert.Contains(proposals, logged => logged.Reserved);
    }

    [Fact]
    public async Task A_proposal_says_which_played_problems_its_prompt_shows_and_an_attempt_which_kind_of_task_it_is()
    {
        RunDirectory directory = _tiny.Create("run");
        await TinySociety.Run(_tiny.Scenario("environment.name=code", "environment.options={language: restricted, earlierShown: 2, maximumDifficulty: 5}", "model.architecture.context=256", "culture.experimentsPerRound=0", "evaluation.difficulties=[1]"), directory);
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(directory.Database);
        LoggedEpisode[] log = [.. LoggedAttempts.Noted(LoggedProposals.Read(RunLog.Read(database, All), database), database, steps: false, seats: false, kinds: true)];
        LoggedEpisode[] later = [.. log.Where(logged => logged.Episode is { Role: Role.Proposer, Round: > 1 })];
        Assert.NotEmpty(later);
        // The first round has played problems already: later proposers are shown some.
        Assert.All(later, logged => Assert.NotEmpty(logged.Quoted));
        IEnvironment environment = RunPlan.Of(database).Environment;
        ILookup<string, string> programs = new RunRecords(database).Played().ToLookup(problem => environment.SplitKey(environment.Parse(problem.Text).Problem!), problem => problem.Text);
        Assert.All(later, logged => Assert.All(logged.Quoted, key => Assert.Contains(programs[key], text => logged.Episode.Segments[0].Text.Contains(text, StringComparison.Ordinal))));
        Assert.All(log.Where(logged => logged.Episode.Role == Role.Solver), logged => Assert.True(logged.Kind is "deduction" or "abduction" or "induction"));

        // A problem that is none any more has no kind that could be made up.
        LoggedEpisode[] foreign = [.. log.Where(logged => logged.Problem is not null).Take(1).Select(logged => logged with { Problem = logged.Problem! with { Text = "none" } })];
        Assert.Contains("made by another version", Assert.Throws<SocietyException>(() => LoggedAttempts.Noted(foreign, database, steps: false, seats: false, kinds: true).ToArray()).Message);
        Assert.Single(LoggedAttempts.Noted(foreign, database, steps: false, seats: false, kinds: false));
    }

    [Fact]
    public async Task A_program_is_trained_on_or_tested_whichever_part_of_its_triples_is_asked_for()
    {
        RunDirectory directory = _tiny.Create("run");
        await TinySociety.Run(_tiny.Scenario("environment.name=code", "environment.options={language: restricted, maximumDifficulty: 5}", "model.architecture.context=256", "culture.experimentsPerRound=0", "evaluation.difficulties=[1]", "selfPlay.rounds=1"), directory);
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(directory.Database);
        IEnvironment environment = RunPlan.Of(database).Environment;
        LoggedEpisode solved = RunLog.Read(database, All with { Role = Role.Solver }).First(logged => logged.Problem is not null);
        LoggedEpisode[] log =
        [
            .. from factor in Enumerable.Range(2, 40)
               from text in (string[])[$"dx*{factor}+1,3=", $"dx*{factor}+1,4=", $"ax*{factor}+1,5=", $"ix*{factor}+1,0,1,2,6,7,8="]
               let problem = environment.Parse(text).Problem!
               select solved with { Problem = solved.Problem! with { Text = problem.Text, CanonicalForm = problem.CanonicalForm }, Episode = solved.Episode with { Id = text, Segments = [new(Source.Prompt, text), new(Source.Model, "0")] } },
        ];
        LoggedEpisode[] noted = [.. LoggedFamilies.Noted(log, new Lazy<RunPlan>(() => RunPlan.Of(database)))];
        Assert.All(noted.Chunk(4), triples => Assert.Single(triples.Select(triple => triple.ProblemKey).Distinct()));
        Assert.Equal(40, noted.Select(triple => triple.ProblemKey).Distinct().Count());
        // By their own forms triples of most programs would be parted.
        Assert.Contains(log.Chunk(4), triples => triples.Select(triple => Exporter.IsTest(triple.ProblemKey, 0.5)).Distinct().Count() == 2);

        // The proposal of a triple that its run keeps for tests follows its program, or is in neither file.
        LoggedEpisode reserved = noted[0] with { Reserved = true, Episode = noted[0].Episode with { Id = "reserved", Role = Role.Proposer, Segments = [new(Source.Prompt, "@"), new(Source.Model, "dx*2+1,9=")] } };
        ExportedFiles written = await Exporter.WriteAsync([.. noted, reserved], All with { TestShare = 0.5 }, _tiny.PathOf("data"));
        string[] Programs(string file) => [.. File.ReadLines(Path.Combine(_tiny.PathOf("data"), file)).Select(line => System.Text.RegularExpressions.Regex.Match(line, @"x\*\d+").Value).Distinct()];
        Assert.Empty(Programs("train.jsonl").Intersect(Programs("test.jsonl")));
        Assert.Equal(40, Programs("train.jsonl").Length + Programs("test.jsonl").Length);
        Assert.Equal(Programs("train.jsonl").Contains("x*2") ? 1 : 0, written.LeftOut);
    }
}
