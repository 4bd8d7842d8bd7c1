using System.Text.Encodings.Web;
using System.Text.Json;
using AgentSociety.Core.Play;
using AgentSociety.Core.Records;

namespace AgentSociety.Learning;

/// <summary>Episodes as lines of JSON. Every line also bears token ids, loss mask, log-probabilities, reward and provenance, which trainers that do not know them ignore.</summary>
internal static class JsonLines
{
    // Texts are for files, not for web pages: '+' and '<' stay readable.
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Line(LoggedEpisode logged, ExportFormat format)
    {
        using MemoryStream text = new();
        using (Utf8JsonWriter json = new(text, Plain))
        {
            json.WriteStartObject();
            switch (format)
            {
                case ExportFormat.ChatML:
                    Turns(json, "messages", "role", "content", logged.Episode, "user", "assistant", "tool");
                    break;
                case ExportFormat.ShareGpt:
                    Turns(json, "conversations", "from", "value", logged.Episode, "human", "gpt", "observation");
                    break;
                default:
                    PromptAndCompletion(json, logged);
                    break;
            }

            Training(json, logged.Episode);
            Provenance(json, logged);
            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(text.ToArray());
    }

    private static void Turns(Utf8JsonWriter json, string list, string who, string what, EpisodeRecord episode, string prompt, string model, string tool)
    {
        json.WriteStartArray(list);
        foreach (Segment segment in episode.Segments)
        {
            json.WriteStartObject();
            json.WriteString(who, segment.Source switch { Source.Prompt => prompt, Source.Model => model, _ => tool });
            json.WriteString(what, segment.Text);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void PromptAndCompletion(Utf8JsonWriter json, LoggedEpisode logged)
    {
        json.WriteString("prompt", Exporter.Text(logged.Episode, Source.Prompt));
        json.WriteString("completion", string.Concat(logged.Episode.Segments.Where(segment => segment.Source != Source.Prompt).Select(segment => segment.Text)));
        json.WriteString("group", logged.Group);
        // TRL reads no mask: what is learned offline from such a completion is the tools' word as if it were the model's.
        json.WriteBoolean("holds_tool_replies", logged.Episode.Segments.Any(segment => segment.Source == Source.Tool && segment.Text.Length > 0));
    }

    private static void Training(Utf8JsonWriter json, EpisodeRecord episode)
    {
        json.WriteNumber("reward", episode.Reward);
        json.WriteNumber("advantage", episode.Advantage);
        Array(json, "tokens", episode.Tokens, json.WriteNumberValue);
        Array(json, "loss_mask", episode.LossMask, json.WriteBooleanValue);
        Array(json, "log_probabilities", episode.LogProbabilities, json.WriteNumberValue);
    }

    private static void Provenance(Utf8JsonWriter json, LoggedEpisode logged)
    {
        EpisodeRecord episode = logged.Episode;
        json.WriteStartObject("provenance");
        json.WriteString("run", logged.Run);
        json.WriteString("run_key", logged.RunKey);
        json.WriteString("episode", episode.Id);
        json.WriteNumber("round", episode.Round);
        json.WriteString("agent", episode.Agent);
        json.WriteString("role", Name(episode.Role.ToString()));
        json.WriteString("checkpoint", episode.Checkpoint);
        json.WriteString("problem", logged.Problem?.Text);
        if (logged.Problem is { } problem) json.WriteNumber("difficulty", problem.Difficulty);
        json.WriteString("outcome", Name(episode.Outcome.ToString()));
        json.WriteString("reason", episode.Reason);
        json.WriteBoolean("sound", episode.Sound);
        Array(json, "pages_read", logged.PagesRead, json.WriteStringValue);
        json.WriteEndObject();
    }

    private static void Array<T>(Utf8JsonWriter json, string name, IEnumerable<T> values, Action<T> write)
    {
        json.WriteStartArray(name);
        foreach (T value in values) write(value);
        json.WriteEndArray();
    }

    private static string Name(string value) => value.ToLowerInvariant();
}
