using AgentSociety.Core;
using AgentSociety.Core.Culture;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Scenarios;

namespace AgentSociety.Culture.Tests;

public sealed class AdmissionTests : IDisposable
{
    private readonly SocietyFile _society = new();
    private readonly Scratchpad _gated;

    public AdmissionTests() => _gated = new Scratchpad(_society.Database, rules: EditRules.From(new CultureSettings { Admission = AdmissionRule.Gate }));

    public void Dispose()
    {
        _gated.Dispose();
        _society.Dispose();
    }

    private long Propose(string text, EditKind kind = EditKind.Append, string? start = null) =>
        Assert.IsType<EditResult.Proposed>(_gated.Commit([_society.Request(kind, "notes/a", text, start)])[0]).Proposal;

    private static List<MatchedRollout> Pairs(int count, double without, double with, int first = 0) => [.. Enumerable.Range(first, count).Select(pair => new MatchedRollout($"{pair}", without, with))];

    [Fact]
    public void A_candidate_is_read_by_rollouts_before_anybody_else_reads_it()
    {
        string start = _society.Save("notes/a", "one\ntwo\nthree");
        long proposal = Propose("four");
        Assert.True(Assert.Single(_gated.Proposals()).WaitsForRollouts);
        INotes without = _gated.Snapshot(), with = _gated.Candidate(proposal, without);
        Assert.Equal("one\ntwo\nthree\nfour\n", with.Read("notes/a")!.Body);
        Assert.Equal("one\ntwo\nthree\n", without.Read("notes/a")!.Body);
        Assert.Equal("one\n2\nthree\n", _gated.Candidate(Propose("one\n2\nthree", EditKind.Replace, start), without).Read("notes/a")!.Body);
        EditResult.Proposed fresh = Assert.IsType<EditResult.Proposed>(_gated.Commit([_society.Request(EditKind.Append, "notes/b", "new")])[0]);
        Assert.Equal(["notes/a", "notes/b"], _gated.Candidate(fresh.Proposal, without).List("notes/"));
    }

    [Fact]
    public void A_note_that_helps_is_admitted_one_that_does_not_is_rejected_and_one_that_may_waits()
    {
        AdmissionTest test = new();
        long helps = Propose("helps"), harms = Propose("harms"), unclear = Propose("unclear");
        Assert.Equal(AdmissionVerdict.Wait, _gated.Report(helps, Pairs(4, 0, 1), test, 2).Evidence.Verdict);
        // The same four again, and twenty more: what was reported before counts once.
        Admission admitted = _gated.Report(helps, Pairs(24, 0, 1), test, 2);
        Assert.Equal((24, AdmissionVerdict.Admit), (admitted.Evidence.Pairs, admitted.Evidence.Verdict));
        Assert.IsType<EditResult.Saved>(admitted.Result);
        Assert.Equal("helps\n", _gated.Snapshot().Read("notes/a")!.Body);
        Assert.IsType<EditResult.Rejected>(_gated.Report(harms, Pairs(40, 1, 0), test, 2).Result);
        Admission waits = _gated.Report(unclear, [.. Pairs(20, 0, 1), .. Pairs(20, 1, 0, 20)], test, 2);
        Assert.Equal(AdmissionVerdict.Wait, waits.Evidence.Verdict);
        Assert.Null(waits.Result);
        Assert.Equal(unclear, Assert.Single(_gated.Proposals()).Number);
        Assert.Equal(AdmissionVerdict.Reject, _gated.Report(unclear, [.. Pairs(108, 0, 1, 40), .. Pairs(108, 1, 0, 148)], test, 2).Evidence.Verdict);
        Assert.Contains("rollouts", Assert.IsType<EditResult.Rejected>(_gated.Report(unclear, Pairs(1, 1, 0, 999), test, 2).Result).Reason);
        Assert.Throws<SocietyException>(() => _gated.Report(unclear + 100, [], test, 2));
        Assert.Equal("helps\n", _gated.Snapshot().Read("notes/a")!.Body);
    }

    [Fact]
    public void A_confidence_sequence_of_a_hand_worked_example()
    {
        // Four gains 1, 1, 0, 0: mean 1/2, s^2 = (1 + 1) / 4. q = (5.9915 + ln 6.9915) / 64 = 0.12400; n q + 1 = 1.49602.
        AdmissionEvidence evidence = new AdmissionTest().Judge([1, 1, 0, 0]);
        Assert.Equal(0.5, evidence.Gain);
        Assert.Equal(0.70711 * Math.Sqrt(2 * 1.49602 / (16 * 0.12400) * Math.Log(Math.Sqrt(1.49602) / 0.05)), evidence.High - 0.5, 3);
    }

    [Fact]
    public void Notes_without_effect_are_seldom_admitted_however_often_they_are_looked_at_and_good_ones_are()
    {
        AdmissionTest test = new();
        int Admitted(double gain, int candidates) => Enumerable.Range(0, candidates).Count(candidate =>
        {
            KeyedRandom random = KeyedRandom.For(3, "rollouts", candidate, (long)(gain * 100));
            List<double> gains = [];
            while (true)
            {
                gains.Add((random.NextDouble() < 0.4 + gain ? 1 : 0) - (random.NextDouble() < 0.4 ? 1 : 0));
                AdmissionVerdict verdict = test.Judge(gains).Verdict;
                if (verdict != AdmissionVerdict.Wait) return verdict == AdmissionVerdict.Admit;
            }
        });
        Assert.InRange(Admitted(0, 1_000), 0, 50);
        Assert.InRange(Admitted(0.4, 100), 95, 100);
    }

    [Fact]
    public void A_gate_of_a_place_goes_before_rollouts()
    {
        using Scratchpad strict = new(_society.Database, rules: new EditRules { Admission = AdmissionRule.Gate, Gates = [new GateSettings { Prefix = "skills/", Gate = Gate.Review }] });
        strict.Commit([_society.Request(EditKind.Append, "skills/a", "x"), _society.Request(EditKind.Append, "notes/a", "x"), _society.Request(EditKind.Append, "notes/b", "x") with { Trusted = true }]);
        Assert.Equal([("skills/a", false), ("notes/a", true)], strict.Proposals().Select(proposal => (proposal.Page, proposal.WaitsForRollouts)));
        Assert.NotNull(strict.Snapshot().Read("notes/b"));
    }
}
