using System.Text.RegularExpressions;
using AgentSociety.Core;
using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Records;
using AgentSociety.Culture;
using Akka.Actor;
using Akka.TestKit.Xunit2;
using Proposal = AgentSociety.Culture.Proposal;

namespace AgentSociety.Society.Tests;

/// <summary>Edits that wait for a review are decided by agents of the population, in a society that plays.</summary>
[Collection("Torch")]
public sealed partial class EditorTests : TestKit
{
    private static readonly string[] Reviewed =
    [
        .. TinySociety.Literate, "selfPlay.enabled=false", "selfPlay.rounds=4", "culture.admission=review", "culture.editors={instructions: Facts of operators.}",
        "population=[{role: solver, count: 2}, {role: editor, count: 2, remote: {endpoint: 'http://127.0.0.1:9/v1', model: editor}}]",
    ];

    private readonly TinySociety _tiny = new();

    public EditorTests()
        : base(Dispatchers.Configuration)
    {
    }

    [Theory]
    [InlineData("approve", true)]
    [InlineData("**Approved.** It is new.", true)]
    [InlineData("I reject this: it is not so", false)]
    [InlineData("I disapprove", null)]
    [InlineData("", null)]
    public void Approve_and_reject_are_read_as_words(string said, bool? read) => Assert.Equal(read, EditReview.Read(said).Approve);

    [Fact]
    public void A_long_page_is_shown_by_its_changed_lines()
    {
        Proposal proposal = new() { Number = 1, Page = "notes/a", Kind = "replace", Text = "", Author = "solver-1", Round = 1, Comment = "better", Reason = "the gate asks for a review" };
        string[] lines = [.. Enumerable.Range(0, 500).Select(line => $"line {line}\n")];
        string after = string.Concat(lines).Replace("line 250\n", "another\n", StringComparison.Ordinal);
        string question = EditReview.Question(new(), proposal, new NotePage("notes/a", "r", string.Concat(lines)), after);
        Assert.Contains("...\n  line 247\n  line 248\n  line 249\n- line 250\n+ another\n  line 251\n  line 252\n  line 253\n--- end of change", question, StringComparison.Ordinal);
        Assert.DoesNotContain("line 246", question, StringComparison.Ordinal);
        Assert.Contains("--- old text\none\n--- end of old text\n\n--- new text\ntwo\n--- end", EditReview.Question(new(), proposal, new NotePage("notes/a", "r", "one\n"), "two\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_editors_approve_is_read_from_the_next_round_on_and_what_they_reject_is_not()
    {
        RunDirectory directory = _tiny.Create("run");
        Editor editor = new();
        LoadedScenario scenario = _tiny.Scenario(Reviewed);
        Assert.Equal(RunEnd.Done, await RunLauncher.Run(scenario, directory, new RunOptions { OpenRemote = _ => editor }, static _ => { }, default));
        Assert.All(editor.Asked, asked => Assert.StartsWith("Facts of operators.\n\nYou are an editor", asked.Prompt, StringComparison.Ordinal));
        Assert.All(editor.Asked, asked => Assert.Empty(asked.Examples));

        using SocietyDatabase database = SocietyDatabase.Open(directory.Database);
        RunRecords records = new(database);
        IReadOnlyList<ProposalRow> decided = database.ProposalList(open: false, limit: 1_000);
        Assert.Contains(decided, edit => edit.State == "accepted");
        Assert.Contains(decided, edit => edit.State == "rejected");
        Assert.All(decided, edit => Assert.Equal(edit.Number % 2 == 0 ? "editor-1" : "editor-2", edit.Decider));
        Assert.All(decided, edit => Assert.Equal(Editor.Likes(edit.Text) ? "accepted" : "rejected", edit.State));
        Assert.All(decided, edit => Assert.Contains(edit.State == "accepted" ? "approve" : "reject", edit.Verdict!, StringComparison.Ordinal));

        // The scratchpad says what was approved, and nothing else; each under its author's name.
        PageArchive pages = new(database);
        Assert.All(pages.List(""), page => Assert.True(Editor.Likes(pages.Read(page)!.Body)));
        Assert.All(pages.List(""), page => Assert.StartsWith("solver-", pages.History(page)[0].Author, StringComparison.Ordinal));
        EpisodeRecord reader = database.Episodes(new EpisodeFilter { Role = Role.Solver }).First(attempt => attempt.ToolCalls.Any(call => call is { Kind: ToolKind.Read, Revision: not null }));
        Assert.True(reader.Round > decided.Where(edit => edit.State == "accepted").Min(edit => edit.Round));

        // The questions and answers are transcripts of the run, and nothing learned from them.
        EpisodeRecord[] reviews = [.. database.Episodes(new EpisodeFilter { Role = Role.Editor })];
        Assert.Equal(editor.Asked.Count, reviews.Length);
        Assert.All(reviews, review => Assert.Empty(database.BatchesOf(review.Id)));
        Assert.Equal(decided.Count, records.Metric("editors/approved").Sum(point => point.Value) + records.Metric("editors/rejected").Sum(point => point.Value)
            + decided.Count(edit => edit.Round == 4));
    }

    [Theory]
    [InlineData(RunPhase.Learn, 2)]
    [InlineData(RunPhase.Solve, 3)]
    public async Task A_run_that_was_interrupted_decides_what_it_would_have_decided(RunPhase phase, int round)
    {
        RunDirectory whole = _tiny.Create("whole"), broken = _tiny.Create("broken");
        RunOptions options = new() { OpenRemote = _ => new Editor() };
        await RunLauncher.Run(_tiny.Scenario(Reviewed), whole, options, static _ => { }, default);
        using CancellationTokenSource stop = new();
        await RunLauncher.Run(_tiny.Scenario(Reviewed), broken, options, progress =>
        {
            if (progress.Phase == phase && progress.Round == round) stop.Cancel();
        }, stop.Token);
        Assert.Equal(RunEnd.Done, await RunLauncher.Resume(broken, options, static _ => { }, default));
        Assert.Equal(TinySociety.Transcripts(whole), TinySociety.Transcripts(broken));
    }

    [Theory]
    [InlineData("maybe")]
    [InlineData(null)]
    public async Task What_an_editor_does_not_decide_waits_for_a_person_and_is_asked_once(string? said)
    {
        RunDirectory directory = _tiny.Create("run");
        Editor editor = new(said, silent: said is null);
        Assert.Equal(RunEnd.Done, await RunLauncher.Run(_tiny.Scenario([.. Reviewed, "selfPlay.rounds=3"]), directory, new RunOptions { OpenRemote = _ => editor }, static _ => { }, default));
        using SocietyDatabase database = SocietyDatabase.Open(directory.Database);
        Assert.NotEmpty(editor.Asked);
        Assert.Equal(editor.Asked.Count, database.ProposalList(open: true, limit: 1_000).Count);
        Assert.Equal(editor.Asked.Count, editor.Asked.Select(asked => asked.Prompt[asked.Prompt.IndexOf("change the page", StringComparison.Ordinal)..] + asked.Id).Distinct().Count());
        Assert.Empty(new PageArchive(database).List(""));
    }

    [Fact]
    public async Task A_local_model_that_cannot_read_the_question_decides_nothing()
    {
        RunDirectory directory = _tiny.Create("run");
        string[] local = [.. Reviewed, "selfPlay.rounds=2", "population=[{role: solver, count: 2}, {role: editor}]"];
        Assert.Equal(RunEnd.Done, await TinySociety.Run(_tiny.Scenario(local), directory));
        using SocietyDatabase database = SocietyDatabase.Open(directory.Database);
        RunRecords records = new(database);
        Assert.NotEmpty(records.Metric("editors/asked"));
        Assert.Equal(records.Metric("editors/asked"), records.Metric("editors/undecided"));
        Assert.NotEmpty(database.ProposalList(open: true));
        string fault = Assert.Throws<SocietyException>(() => _tiny.Scenario("population=[{role: solver}, {role: editor}]", "selfPlay.enabled=false")).Message;
        Assert.Contains("has an editor that plays with a model that has read nothing but", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void The_writer_carries_decisions_out_once_and_says_which_pages_moved_on()
    {
        using SocietyDatabase database = SocietyDatabase.Open(_tiny.PathOf("editors.db"));
        using Scratchpad scratchpad = new(database, rules: new EditRules { Gates = [new() { Prefix = "skills/" }] });
        IActorRef writer = Sys.ActorOf(ScratchpadActor.Props(scratchpad));
        long good = Propose(scratchpad, "skills/good", "good"), bad = Propose(scratchpad, "skills/bad", "bad"), late = Propose(scratchpad, "skills/late", "mine");
        scratchpad.Commit([Request("skills/late", "theirs") with { Trusted = true, Key = "person" }]);
        ScratchpadActor.Settle settle = new([], new AdmissionTest(), [], Round: 5, [new(good, true, "editor-1", "approve"), new(bad, false, "editor-1", "reject: wrong"), new(late, true, "editor-1", "approve")]);
        writer.Tell(settle, TestActor);
        ScratchpadActor.Settled settled = ExpectMsg<ScratchpadActor.Settled>();
        Assert.Equal((1, 1), settled.Decided);
        Assert.Equal([late], settled.Conflicts);
        Assert.Equal("good\n", scratchpad.Snapshot(5).Read("skills/good")!.Body);
        Assert.Null(scratchpad.Snapshot(4).Read("skills/good"));
        Assert.Null(scratchpad.Snapshot().Read("skills/bad"));
        Assert.Equal("theirs\n", scratchpad.Snapshot().Read("skills/late")!.Body);
        writer.Tell(settle, TestActor);
        Assert.Equal((0, 0), ExpectMsg<ScratchpadActor.Settled>().Decided);
        Sys.Stop(writer);
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _tiny.Dispose();
    }

    private static long Propose(Scratchpad scratchpad, string page, string text) => Assert.IsType<EditResult.Proposed>(scratchpad.Commit([Request(page, text)])[0]).Proposal;

    private static EditRequest Request(string page, string text) => new()
    {
        Key = $"{page}/{text}",
        Edit = new NoteEdit { Page = page, Kind = EditKind.Replace, Text = text, Comment = "" },
        Author = "solver-1",
        Round = 4,
    };

    /// <summary>An endpoint that approves facts with even results, says one thing, or falls silent.</summary>
    private sealed partial class Editor(string? said = null, bool silent = false) : IRemotePolicy
    {
        public List<RemoteRequest> Asked { get; } = [];

        public string Model => "editor";

        public RemoteUsage Total => default;

        public static bool Likes(string text) => Fact().Matches(text).All(fact => (fact.Value[^1] - '0') % 2 == 0);

        public Task<RemoteGeneration> GenerateAsync(RemoteRequest request, CancellationToken cancellation)
        {
            lock (Asked) Asked.Add(request);
            if (silent) return Task.FromException<RemoteGeneration>(new SocietyException("silence"));
            string proposed = request.Prompt[request.Prompt.IndexOf("--- new text", StringComparison.Ordinal)..];
            string answer = said ?? (Likes(proposed) ? "approve: even" : "reject: odd");
            return Task.FromResult(new RemoteGeneration { Segments = [new(Source.Prompt, request.Prompt), new(Source.Model, answer)], Finish = RemoteFinish.EndOfText, Usage = default });
        }

        [GeneratedRegex(@"[a-z]\d=\d")]
        private static partial Regex Fact();
    }
}
