using System.Text;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Environments.Laws;

namespace AgentSociety.Environments.Tests.Laws;

/// <summary>Every law worked out a second time, by ways that share nothing with the environments'; and an agent that plays flawlessly by it.</summary>
static class LawOracle
{
    public static (string Answer, IReadOnlyList<string> Questions) Solve(LawEnvironment world, string problem)
    {
        List<string> asked = [];
        string answer = world.Name switch
        {
            "hidden-operators" => problem[..^2].Reverse().Aggregate(problem[^2..^1], (digit, name) => Ask($"{name}{digit}")),
            "state-machine" => Machine(problem),
            "cellular-rules" => problem.TakeWhile(character => character is >= 'a' and <= 'n').Reverse().Aggregate(problem.TrimStart([.. "abcdefghijklmn"]).TrimEnd('='), Renewed),
            "grid-rules" => Grid(problem.Split('/')),
            "hidden-grammar" => Enumerable.Range(0, problem[^2] - '0').Aggregate(problem[..^2], (text, _) => string.Concat(("_" + text).Zip(text, (left, symbol) => Ask($"{left}{symbol}")))),
            _ => throw new ArgumentException(world.Name),
        };
        return (answer, asked);

        string Ask(string question)
        {
            asked.Add(question);
            return world.Reply(question);
        }

        string Machine(string text)
        {
            StringBuilder given = new();
            char state = text[0];
            foreach (char fed in text[1..^1])
            {
                string reply = Ask($"{state}{fed}");
                state = reply[0];
                given.Append(reply[1]);
            }

            return given.ToString();
        }

        // The lines of the grid; behind the last stand the rows to renew.
        string Grid(string[] lines)
        {
            int width = lines[0].Length;
            string order = lines[^1][width..^1];
            lines[^1] = lines[^1][..width];
            foreach (char row in order)
            {
                int at = "abcd".IndexOf(row, StringComparison.Ordinal);
                string line = lines[at], above = at == 0 ? lines[^1] : lines[at - 1], below = at == lines.Length - 1 ? lines[0] : lines[at + 1], wrapped = line[^1] + line + line[0];
                lines[at] = string.Concat(Enumerable.Range(0, width).Select(cell => Ask($"{above[cell]}{wrapped.AsSpan(cell, 3)}{below[cell]}")));
            }

            return string.Join('/', lines);
        }

        string Renewed(string ring, char rule)
        {
            string wrapped = ring[^1] + ring + ring[0];
            return string.Concat(Enumerable.Range(0, ring.Length).Select(cell => Ask($"{rule}{wrapped.AsSpan(cell, 3)}")));
        }
    }

    /// <summary>Looks up, experiments where nothing is known, notes, answers.</summary>
    public static (IReadOnlyList<Segment> Transcript, IToolSession Tools) Play(LawEnvironment world, Problem problem, ToolAccess access)
    {
        IToolSession tools = world.OpenTools(problem, access);
        List<Segment> transcript = [new(Source.Prompt, problem.Text)];
        (string answer, IReadOnlyList<string> questions) = Solve(world, problem.Text);
        string written = "";
        foreach (string question in questions)
        {
            if (Ask(question + "?") != "-") continue;
            string reply = Ask(question + "!");
            tools.Call($"{question}{reply};");
            written = $"{question}{reply};";
        }

        transcript.Add(new(Source.Model, $"{written}#{answer}"));
        return (transcript, tools);

        string Ask(string call)
        {
            string reply = tools.Call(call);
            transcript.Add(new(Source.Model, written + call));
            transcript.Add(new(Source.Tool, reply));
            written = "";
            return reply;
        }
    }
}
