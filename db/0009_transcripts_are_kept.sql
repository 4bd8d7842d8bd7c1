-- What was written is evidence: every note, lesson and figure refers to it. No program changes or deletes it, this one included.
CREATE TRIGGER episode_is_append_only_update BEFORE UPDATE ON episode
BEGIN SELECT raise(ABORT, 'episodes are append-only'); END;
CREATE TRIGGER episode_is_append_only_delete BEFORE DELETE ON episode
BEGIN SELECT raise(ABORT, 'episodes are append-only'); END;
CREATE TRIGGER transcript_is_append_only_update BEFORE UPDATE ON transcript
BEGIN SELECT raise(ABORT, 'transcripts are append-only'); END;
CREATE TRIGGER transcript_is_append_only_delete BEFORE DELETE ON transcript
BEGIN SELECT raise(ABORT, 'transcripts are append-only'); END;
CREATE TRIGGER answer_is_append_only_update BEFORE UPDATE ON answer
BEGIN SELECT raise(ABORT, 'answers are append-only'); END;
CREATE TRIGGER answer_is_append_only_delete BEFORE DELETE ON answer
BEGIN SELECT raise(ABORT, 'answers are append-only'); END;
CREATE TRIGGER answer_transcript_is_append_only_update BEFORE UPDATE ON answer_transcript
BEGIN SELECT raise(ABORT, 'answers are append-only'); END;
CREATE TRIGGER answer_transcript_is_append_only_delete BEFORE DELETE ON answer_transcript
BEGIN SELECT raise(ABORT, 'answers are append-only'); END;
