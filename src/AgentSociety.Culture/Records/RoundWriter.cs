using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Records;
using Microsoft.Data.Sqlite;

namespace AgentSociety.Culture;

/// <summary>Writes one round inside the caller's transaction.</summary>
internal sealed class RoundWriter(SqliteConnection connection) : IDisposable
{
    private readonly PreparedStatement _problem = new(connection, "INSERT INTO problem (id, round, text, difficulty, canonical, proposer, solve_rate) VALUES (@1, @2, @3, @4, @5, @6, @7)");
    private readonly PreparedStatement _episode = new(connection, "INSERT INTO episode (number, id, round, agent, role, problem, attempt, checkpoint, outcome, reason, sound, reward, advantage, withholding) VALUES (@1, @2, @3, @4, @5, @6, @7, @8, @9, @10, @11, @12, @13, @14)");
    private readonly PreparedStatement _transcript = new(connection, "INSERT INTO transcript (episode, segments, tool_calls, tokens, log_probabilities, loss_mask, token_advantages) VALUES (@1, @2, @3, @4, @5, @6, @7)");
    private readonly PreparedStatement _read = new(connection, "INSERT INTO read (episode, position, page, revision) VALUES (@1, @2, @3, @4)");
    private readonly PreparedStatement _withheld = new(connection, "INSERT INTO withheld (episode, position, page, revision) VALUES (@1, @2, @3, @4)");
    private readonly PreparedStatement _citation = new(connection, "INSERT INTO citation (target, agent, round, episode) VALUES (@1, @2, @3, @4)");
    private readonly PreparedStatement _revision = new(connection, "SELECT number FROM revision WHERE id = @1");
    private readonly PreparedStatement _metric = new(connection, "INSERT INTO metric (name, round, value) VALUES (@1, @2, @3)");
    private readonly PreparedStatement _heldOut = new(connection, "INSERT INTO held_out (round, difficulty, reading, correct, sound, count) VALUES (@1, @2, @3, @4, @5, @6)");
    private readonly PreparedStatement _answer = new(connection, "INSERT INTO answer (id, round, test, problem, difficulty, reading, checkpoint, outcome, reason, sound, segments, tool_calls, tokens, log_probabilities, loss_mask) VALUES (@1, @2, @3, @4, @5, @6, @7, @8, @9, @10, @11, @12, @13, @14, @15)");
    private readonly PreparedStatement _checkpoint = new(connection, "INSERT INTO checkpoint (name, round) VALUES (@1, @2)");
    private readonly PreparedStatement _round = new(connection, "INSERT INTO round (number, state, checkpoint, time) VALUES (@1, @2, @3, @4)");
    private readonly PreparedStatement _forget = new(connection, "UPDATE round SET state = NULL WHERE number < @1 AND checkpoint IS NULL AND state IS NOT NULL");
    private readonly PreparedStatement _last = new(connection, "SELECT coalesce(max(number), 0) FROM episode");
    private readonly Dictionary<string, long?> _revisions = [];

    internal void Write(RoundRecord round)
    {
        foreach (ProblemRecord problem in round.Problems)
            _problem.Execute(problem.Id, problem.Round, problem.Text, problem.Difficulty, problem.CanonicalForm, problem.Proposer, problem.SolveRate);
        long number = _last.First(row => row.GetInt64(0));
        foreach (EpisodeRecord episode in round.Episodes) Write(episode, ++number);
        foreach (MetricRecord metric in round.Metrics) _metric.Execute(metric.Name, round.Round, metric.Value);
        foreach (HeldOutRecord result in round.HeldOut)
            _heldOut.Execute(round.Round, result.Difficulty, result.Reading ? 1 : 0, result.Correct, result.Sound, result.Count);
        foreach (AnswerRecord answer in round.Answers) Write(answer);
        if (round.Checkpoint is { } checkpoint) _checkpoint.Execute(checkpoint.Name, checkpoint.Round);
        _round.Execute(round.Round, round.State, round.Checkpoint?.Name, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        _forget.Execute(round.Round);
    }

    private void Write(EpisodeRecord episode, long number)
    {
        _episode.Execute(number, episode.Id, episode.Round, episode.Agent, TranscriptFormat.Name(episode.Role), episode.Problem, episode.Attempt, episode.Checkpoint,
            TranscriptFormat.Name(episode.Outcome), episode.Reason, episode.Sound ? 1 : 0, episode.Reward, episode.Advantage, episode.WithholdingProbability);
        _transcript.Execute(number, TranscriptFormat.Segments(episode.Segments), TranscriptFormat.ToolCalls(episode.ToolCalls), TranscriptFormat.Pack(episode.Tokens),
            TranscriptFormat.Pack(episode.LogProbabilities), TranscriptFormat.PackBits(episode.LossMask), episode.TokenAdvantages is { } advantages ? TranscriptFormat.Pack(advantages) : null);
        for (int position = 0; position < episode.ToolCalls.Count; position++)
            if (episode.ToolCalls[position] is { Kind: ToolKind.Read, Page: { } page } call)
                _read.Execute(number, position, page, call.Revision is null ? null : Revision(call.Revision));
        for (int position = 0; position < episode.Withheld.Count; position++)
            _withheld.Execute(number, position, episode.Withheld[position].Page, Revision(episode.Withheld[position].Revision));
        // Links without a namespace are meant as notes: an episode stands on no page that they could be siblings of.
        foreach (string target in episode.Segments.Where(segment => segment.Source == Source.Model).SelectMany(segment => PageBody.Links("notes/", segment.Text)).Distinct())
            _citation.Execute(target, episode.Agent, episode.Round, number);
    }

    private void Write(AnswerRecord answer)
    {
        EpisodeRecord episode = answer.Episode;
        _answer.Execute(episode.Id, episode.Round, answer.Test, answer.Problem, answer.Difficulty, answer.Reading ? 1 : 0, episode.Checkpoint, TranscriptFormat.Name(episode.Outcome), episode.Reason,
            episode.Sound ? 1 : 0, TranscriptFormat.Segments(episode.Segments), TranscriptFormat.ToolCalls(episode.ToolCalls), TranscriptFormat.Pack(episode.Tokens),
            TranscriptFormat.Pack(episode.LogProbabilities), TranscriptFormat.PackBits(episode.LossMask));
    }

    private long? Revision(string id)
    {
        if (!_revisions.TryGetValue(id, out long? number)) _revisions[id] = number = _revision.First(row => (long?)row.GetInt64(0), id);
        return number;
    }

    public void Dispose()
    {
        foreach (PreparedStatement statement in (PreparedStatement[])[_problem, _episode, _transcript, _read, _withheld, _citation, _revision, _metric, _heldOut, _answer, _checkpoint, _round, _forget, _last])
            statement.Dispose();
    }
}
