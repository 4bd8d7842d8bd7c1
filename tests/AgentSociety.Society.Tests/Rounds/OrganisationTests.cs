using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Records;
using AgentSociety.Culture;
using AgentSociety.Environments.Organisations;

namespace AgentSociety.Society.Tests;

/// <summary>An organisation: parts of jobs go to those whose role they are made for, and plans of the jobs stand on the scratchpad.</summary>
[Collection("Torch")]
public sealed class OrganisationTests : IDisposable
{
    private static readonly string[] Relay = ["environment={name: relay, options: {jobs: 12}}", "selfPlay.problemsPerRound=8", "population=[{role: proposer, count: 1}, {role: solver, count: 5}]"];
    private readonly TinySociety _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Theory]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(2)]
    public void A_part_goes_to_a_solver_of_its_role_and_solvers_of_one_role_take_turns(int solvers)
    {
        RunPlan plan = RunPlan.Of(_tiny.Scenario([.. Relay, $"population=[{{role: proposer, count: 1}}, {{role: solver, count: {solvers}}}]"]));
        IOrganisation organisation = (IOrganisation)plan.Environment;
        Problem[] problems = [.. from job in Enumerable.Range(0, 12) from leg in Enumerable.Range(1, 4) select plan.Environment.Parse($"A{(char)('A' + job)}{leg}=").Problem!];
        int[] assigned = Assignment.Of(plan, problems);
        string[] roles = [.. problems.Select(problem => organisation.Plan(problem).Single(part => part.Problem.Text == problem.Text).Role)];
        foreach (IGrouping<string, int> role in roles.Zip(assigned).GroupBy(pair => pair.First, pair => pair.Second))
        {
            int[] members = [.. role.Distinct().Order()];
            Assert.All(members, solver => Assert.Equal(organisation.Roles.ToList().IndexOf(role.Key) % Math.Min(solvers, 3), solver % Math.Min(solvers, 3)));
            if (solvers >= 3) Assert.Equal((solvers - 1 - members[0]) / 3 + 1, members.Length);
            Assert.InRange(role.GroupBy(solver => solver).Max(own => own.Count()) - role.GroupBy(solver => solver).Min(own => own.Count()), 0, 1);
        }

        Assert.Equal([0, 1, 2, 0], Assignment.Of(RunPlan.Of(_tiny.Scenario("population=[{role: proposer}, {role: solver, count: 3}]")), problems[..4]));
    }

    [Fact]
    public async Task Parts_are_attempted_by_their_roles_and_plans_of_jobs_are_kept_also_where_the_run_was_interrupted()
    {
        RunDirectory whole = _tiny.Create("whole"), broken = _tiny.Create("broken");
        Assert.Equal(RunEnd.Done, await TinySociety.Run(_tiny.Scenario(Relay), whole));
        await TinySociety.RunUntil(RunPhase.Learn, 2, _tiny.Scenario(Relay), broken);
        Assert.Equal(RunEnd.Done, await TinySociety.Resume(broken));
        Assert.Equal(TinySociety.Transcripts(whole), TinySociety.Transcripts(broken));
        IOrganisation organisation = (IOrganisation)RunPlan.Of(_tiny.Scenario(Relay)).Environment;
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(whole.Database);
        RunRecords records = new(database);
        Dictionary<string, ProblemRecord> problems = Enumerable.Range(1, 3).SelectMany(records.Problems).ToDictionary(problem => problem.Id);
        Assert.All(database.Episodes(new EpisodeFilter { Role = Role.Solver }), attempt =>
        {
            string role = organisation.Plan(Problem(problems[attempt.Problem!])).Single(part => part.Problem.Text == problems[attempt.Problem!].Text).Role;
            Assert.Equal(organisation.Roles.ToList().IndexOf(role), (int.Parse(attempt.Agent["solver-".Length..]) - 1) % 3);
        });
        // The plans of the jobs of the last round say what the notes say.
        INotes notes = ArchivedNotes.Of(database);
        foreach (ProblemRecord problem in records.Problems(3))
        {
            Assert.Null(WorkPlan.Of(organisation, Problem(problem), notes));
            Assert.StartsWith("plan:solver-", new PageArchive(database).History($"notes/job-{problem.Text[..2].ToLowerInvariant()}-plan")[0].Author, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("shared", "notes/job-aa", "notes/job-aa-plan")]
    [InlineData("private", "agents/solver-2/notes/job-aa", "agents/solver-2/notes/job-aa-plan")]
    [InlineData("off", "notes/job-aa", null)]
    public void A_plan_says_what_was_handed_on_where_the_agent_reads_it(string sharing, string noted, string? planned)
    {
        // Only what is tried out becomes a note; a plan is nobody's claim.
        RunPlan plan = RunPlan.Of(_tiny.Scenario([.. Relay, $"culture.sharing={sharing}", "culture.admission=gate"]));
        using SocietyDatabase database = SocietyDatabase.Open(_tiny.PathOf("notes.db"));
        using Scratchpad scratchpad = new(database, rules: EditRules.From(plan.Scenario.Culture));
        scratchpad.Commit([new EditRequest { Key = "a", Author = "solver-2", Round = 1, Trusted = true, Edit = new NoteEdit { Page = noted, Kind = EditKind.Append, Text = "AA1=7\n", Comment = "" } }]);
        NotesAccess access = new(plan, database, scratchpad);
        EditRequest[] edits = [.. access.WorkPlans(1, [(plan.Environment.Parse("AA1=").Problem!, "solver-2"), (plan.Environment.Parse("AA2=").Problem!, "solver-2")])];
        Assert.Equal(planned is null ? [] : [planned], edits.Select(edit => edit.Edit.Page));
        if (planned is null) return;
        Assert.IsType<EditResult.Saved>(scratchpad.Commit(edits)[0]);
        Assert.Contains(": done, 7\n", scratchpad.Snapshot(1).Read(planned)!.Body, StringComparison.Ordinal);
        Assert.Empty(access.WorkPlans(1, [(plan.Environment.Parse("AA1=").Problem!, "solver-2")]));
    }

    private static Problem Problem(ProblemRecord record) => new() { Text = record.Text, Difficulty = record.Difficulty, CanonicalForm = record.CanonicalForm };
}
