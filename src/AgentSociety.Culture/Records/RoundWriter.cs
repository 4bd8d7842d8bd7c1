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
    private readonly PreparedStatement _answer = new(connection, "INSERT INTO answer (number, id, round, test, problem, difficulty, reading, checkpoint, outcome, reason, sound) VALUES (@1, @2, @3, @4, @5, @6, @7, @8, @9, @10, @11)");
    private readonly PreparedStatement _answerTranscript = new(connection, "INSERT INTO answer_transcript (answer, segments, tool_calls, tokens, log_probabilities, loss_mask) VALUES (@1, @2, @3, @4, @5, @6)");
    private readonly PreparedStatement _lastAnswer = new(connection, "SELECT coalesce(max(number), 0) FROM answer");
    private readonly PreparedStatement _checkpoint = new(connection, "INSERT INTO checkpoint (name, round, first_batch, last_batch) VALUES (@1, @2, @3, @4)");
    private readonly PreparedStatement _batch = new(connection, "INSERT INTO training_batch (number, round, phase, weights, epoch, step, demonstrations) VALUES (@1, @2, @3, @4, @5, @6, @7)");
    private readonly PreparedStatement _trained = new(connection, "INSERT INTO trained (batch, position, episode, weight, advantage) VALUES (@1, @2, @3, @4, @5)");
    private readonly PreparedStatement _number = new(connection, "SELECT number FROM episode WHERE id = @1");
    private readonly PreparedStatement _lastBatch = new(connection, "SELECT coalesce(max(number), 0) FROM training_batch");
    private readonly PreparedStatement _savedBatch = new(connection, "SELECT coalesce(max(last_batch), 0) FROM checkpoint");
    private readonly PreparedStatement _round = new(connection, "INSERT INTO round (number, state, checkpoint, time) VALUES (@1, @2, @3, @4)");
    private readonly PreparedStatement _forget = new(connection, "UPDATE round SET state = NULL WHERE number < @1 AND checkpoint IS NULL AND state IS NOT NULL");
    private readonly PreparedStatement _last = new(connection, "SELECT coalesce(max(number), 0) FROM episode");
    private readonly Dictionary<string, long?> _revisions = [];
    private readonly Dictionary<string, long> _episodes = [];

    internal void Write(RoundRecord round)
    {
        foreach (ProblemRecord problem in round.Problems)
            _problem.Execute(problem.Id, problem.Round, problem.Text, problem.Difficulty, problem.CanonicalForm, problem.Proposer, problem.SolveRate);
        long number = _last.First(row => row.GetInt64(0));
        foreach (EpisodeRecord episode in round.Episodes) Write(episode, ++number);
        long trained = _lastBatch.First(row => row.GetInt64(0));
        foreach (TrainingBatchRecord batch in round.Batches) Write(batch, round.Round, ++trained);
        foreach (MetricRecord metric in round.Metrics) _metric.Execute(metric.Name, round.Round, metric.Value);
        foreach (HeldOutRecord result in round.HeldOut)
            _heldOut.Execute(round.Round, result.Difficulty, result.Reading ? 1 : 0, result.Correct, result.Sound, result.Count);
        long last = round.Answers.Count == 0 ? 0 : _lastAnswer.First(row => row.GetInt64(0));
        foreach (AnswerRecord answer in round.Answers) Write(answer, ++last);
        if (round.Checkpoint is { } checkpoint)
        {
            long saved = _savedBatch.First(row => row.GetInt64(0));
            _checkpoint.Execute(checkpoint.Name, checkpoint.Round, trained > saved ? saved + 1 : null, trained > saved ? trained : null);
        }

        _round.Execute(round.Round, round.State, round.Checkpoint?.Name, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        _forget.Execute(round.Round);
    }

    private void Write(TrainingBatchRecord batch, int round, long number)
    {
        _batch.Execute(number, round, batch.Phase == TrainingPhase.Sleep ? "sleep" : "play", batch.Weights, batch.Epoch, batch.Step, batch.Demonstrations);
        for (int position = 0; position < batch.Episodes.Count; position++)
        {
            TrainedEpisode text = batch.Episodes[position];
            if (!_episodes.TryGetValue(text.Episode, out long episode)) _episodes[text.Episode] = episode = _number.First(row => row.GetInt64(0), text.Episode);
            _trained.Execute(number, position, episode, text.Weight, text.Advantage);
        }
    }

    private void Write(EpisodeRecord episode, long number)
    {
        _episodes[episode.Id] = number;
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

    private void Write(AnswerRecord answer, long number)
    {
        EpisodeRecord episode = answer.Episode;
        _answer.Execute(number, episode.Id, episode.Round, answer.Test, answer.Problem, answer.Difficulty, answer.Reading ? 1 : 0, episode.Checkpoint, TranscriptFormat.Name(episode.Outcome), episode.Reason,
            episode.Sound ? 1 : 0);
        _answerTranscript.Execute(number, TranscriptFormat.Segments(episode.Segments), TranscriptFormat.ToolCalls(episode.ToolCalls), TranscriptFormat.Pack(episode.Tokens),
            TranscriptFormat.Pack(episode.LogProbabilities), TranscriptFormat.PackBits(episode.LossMask));
    }

    private long? Revision(string id)
    {
        if (!_revisions.TryGetValue(id, out long? number)) _revisions[id] = number = _revision.First(row => (long?)row.GetInt64(0), id);
        return number;
    }

    public void Dispose()
    {
        foreach (PreparedStatement statement in (PreparedStatement[])[_problem, _episode, _transcript, _read, _withheld, _citation, _revision, _metric, _heldOut, _answer, _answerTranscript, _lastAnswer, _checkpoint, _batch, _trained, _number, _lastBatch, _savedBatch, _round, _forget, _last])
            statement.Dispose();
    }
}
