using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;

namespace AgentSociety.Learning;

/// <summary>One transcript twice: as it was written with the notes at hand, and as it would look without them. What the model wrote is the same in both.</summary>
/// <param name="WithNotes">What the teacher reads.</param>
/// <param name="WithoutNotes">What the student reads.</param>
public sealed record Lesson(IReadOnlyList<Segment> WithNotes, IReadOnlyList<Segment> WithoutNotes)
{
    /// <summary>Id of the episode that it is made of; null where none is known.</summary>
    public string? Episode { get; init; }

    /// <summary>The weights that wrote it, and that sleep over it: an adapter's name, or <c>base</c> for a model's own.</summary>
    public string Weights { get; init; } = TrainingPlan.Base;

    /// <summary>
    /// A lesson from a transcript whose notes came by tools: the same calls are made again against an empty scratchpad, and what the tools say
    /// then is what the student sees.
    /// </summary>
    /// <param name="environment">The environment of the transcript.</param>
    /// <param name="problem">The problem that was solved.</param>
    /// <param name="transcript">The transcript, prompt first.</param>
    public static Lesson Of(IEnvironment environment, Problem problem, IReadOnlyList<Segment> transcript)
    {
        IToolSession? tools = environment.OpenTools(problem, new ToolAccess { Notes = EmptyNotes.Instance });
        List<Segment> without = [];
        string written = "";
        foreach (Segment segment in transcript)
        {
            switch (segment.Source)
            {
                case Source.Model:
                    written += segment.Text;
                    without.Add(segment);
                    break;
                case Source.Tool when tools is not null:
                    string reply = Answer(tools, written);
                    if (reply.Length > 0) without.Add(new Segment(Source.Tool, reply));
                    written = "";
                    break;
                default:
                    without.Add(segment);
                    break;
            }
        }

        return new Lesson(transcript, without);
    }

    /// <summary>A text may hold calls that get no reply before the one that does, such as a note and then a look-up.</summary>
    private static string Answer(IToolSession tools, string written)
    {
        int start = 0;
        string reply = "";
        for (int index = 0; index < written.Length; index++)
        {
            if (!tools.Markers.Contains(written[index])) continue;
            reply = tools.Call(written[start..(index + 1)]);
            if (reply.Length > 0) start = index + 1;
        }

        return reply;
    }
}
