using System.Text;
using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;

namespace AgentSociety.Environments.Tests;

/// <summary>Plays an attempt as a decoding engine does, with a script where the model would be.</summary>
static class ScriptedPlay
{
    /// <remarks>The script gets what stands after the prompt, tool replies included, and returns what the model writes next; null ends the attempt.</remarks>
    public static (IReadOnlyList<Segment> Transcript, IToolSession? Tools) Attempt(IEnvironment environment, Problem problem, ToolAccess access, Func<string, string?> write, KeyedRandom? random = null)
    {
        IToolSession? tools = environment.OpenTools(problem, access);
        string prompt = environment.SolverPrompt(problem, random ?? KeyedRandom.For(0, "prompt"));
        List<Segment> transcript = [new(Source.Prompt, prompt)];
        StringBuilder said = new();
        int replied = 0;
        while (said.Length < 10_000 && write(said.ToString()) is { } text)
        {
            foreach (char character in text)
            {
                said.Append(character);
                if (tools is null || !tools.Markers.Contains(character, StringComparison.Ordinal)) continue;
                string call = said.ToString(replied, said.Length - replied), reply = tools.Call(call);
                if (reply.Length == 0) continue;
                transcript.Add(new(Source.Model, call));
                transcript.Add(new(Source.Tool, reply));
                replied = said.Append(reply).Length;
            }
        }

        if (said.Length > replied) transcript.Add(new(Source.Model, said.ToString(replied, said.Length - replied)));
        return (transcript, tools);
    }

    /// <summary>An attempt whose model text is fixed beforehand, cut into turns at the tools' replies.</summary>
    public static Verdict Judge(IEnvironment environment, Problem problem, ToolAccess access, string text)
    {
        bool written = false;
        (IReadOnlyList<Segment> transcript, _) = Attempt(environment, problem, access, _ => written ? null : Once());
        return environment.Verify(problem, transcript);

        string Once()
        {
            written = true;
            return text;
        }
    }

    public static Problem Problem(IEnvironment environment, string text) =>
        environment.Parse(text).Problem ?? throw new ArgumentException(environment.Parse(text).Reason);

    public static string Render(IReadOnlyList<Segment> transcript) => string.Concat(transcript.Select(segment => segment.Source switch
    {
        Source.Prompt => $"[{segment.Text}]",
        Source.Tool => $"<{segment.Text}>",
        _ => segment.Text,
    }));
}

/// <summary>Notes held in memory.</summary>
sealed class PagesInMemory(params (string Name, string Body)[] pages) : INotes
{
    public NotePage? Read(string page) =>
        pages.Where(one => one.Name == page).Select(one => new NotePage(one.Name, $"{one.Name}@1", one.Body)).FirstOrDefault();

    public IReadOnlyList<string> List(string prefix) =>
        [.. pages.Select(page => page.Name).Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
}
