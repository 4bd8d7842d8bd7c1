using AgentSociety.Core.Environments;
using AgentSociety.Environments.Code;

namespace AgentSociety.Environments.Tests.Code;

/// <summary>What a proposal is must not depend on what else the machine does. What is run here takes a tenth of what it may, or many times as much.</summary>
public class BusyMachineTests
{
    private const string Slow = "const a=Array(8000).fill(0);for(let i=0;i<TIMES;i++)a.indexOf(-1)+a.indexOf(-2)+a.indexOf(-3)+a.indexOf(-4);";

    [Fact]
    public void Proposals_are_judged_alike_on_an_idle_machine_and_beside_threads_that_never_rest()
    {
        string[] texts = [.. Proposals()];
        Proposal[] idle = Judged(texts);
        Assert.InRange(idle.Count(proposal => proposal.Problem is null), 5, 14);
        bool over = false;
        Thread[] others = [.. Enumerable.Range(0, 4 * Environment.ProcessorCount).Select(_ => new Thread(() => { while (!Volatile.Read(ref over)) Thread.SpinWait(1000); }) { IsBackground = true })];
        Array.ForEach(others, other => other.Start());
        try
        {
            Assert.Equal(idle, Judged(texts));
        }
        finally
        {
            Volatile.Write(ref over, true);
            Array.ForEach(others, other => other.Join());
        }
    }

    // An environment of its own: nothing is remembered.
    private static Proposal[] Judged(string[] texts)
    {
        CodeEnvironment environment = new(new());
        return [.. texts.Select(environment.Parse)];
    }

    private static IEnumerable<string> Proposals()
    {
        // The identity up to a probe that is far down the list: whoever skips probes takes it for a copy.
        foreach (int times in new[] { 0, 10, 20 }) yield return $"deduce\nfunction f(x){{{Slow.Replace("TIMES", $"{times}", StringComparison.Ordinal)}return x<5?x:x*2}}\nin: 3";
        foreach (int times in new[] { 10, 20 }) yield return $"induce\nfunction f(x){{{Slow.Replace("TIMES", $"{times}", StringComparison.Ordinal)}return x*x}}\nin: 3\nin: 4\nin: 5\nin: 6";
        foreach (int times in new[] { 20_000, 40_000 }) yield return $"deduce\nfunction f(x){{{Slow.Replace("TIMES", $"{times}", StringComparison.Ordinal)}return x+1}}\nin: 3";
        foreach (int length in new[] { 8, 10, 12, 32, 40 }) yield return $"deduce\nfunction f(x){{return /^(a+)+$/.test(x)+x.length}}\nin: \"{new string('a', length)}b\"";
        foreach (string body in new[] { "return x*2", "while(x);return 1", "return x", "return 1+1", "return x.a.b+1", "let s=0;for(let i=0;i<2000;i++)s+=i;return s+x", "let s='';for(let i=0;i<900;i++)s+=i;return s.length+x" }) yield return $"deduce\nfunction f(x){{{body}}}\nin: 4";
    }
}
