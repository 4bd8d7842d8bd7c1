-- What newborns answered in tests. Tables of their own: no training, export or statistic of play can take them for attempts.
-- The narrow half, for lists.
CREATE TABLE answer (
  number     INTEGER PRIMARY KEY,
  id         TEXT    NOT NULL UNIQUE,         -- 220/held-out/17: the round, the test, the question
  round      INTEGER NOT NULL,
  test       TEXT    NOT NULL,                -- held-out, birth, wipe/before, wipe/after, probe/seen, probe/fresh
  problem    TEXT    NOT NULL,                -- its text
  difficulty INTEGER NOT NULL,
  reading    INTEGER NOT NULL CHECK (reading IN (0, 1)),
  checkpoint TEXT    NOT NULL,                -- the weights that answered
  outcome    TEXT    NOT NULL CHECK (outcome IN ('correct', 'wrong', 'malformed')),
  reason     TEXT    NOT NULL,
  sound      INTEGER NOT NULL CHECK (sound IN (0, 1))
) STRICT;

CREATE INDEX answer_of_round ON answer (round, test, number);
CREATE INDEX answer_of_difficulty ON answer (difficulty, reading, number);

-- The wide half, as in transcript.
CREATE TABLE answer_transcript (
  answer            INTEGER PRIMARY KEY REFERENCES answer (number),
  segments          TEXT NOT NULL,
  tool_calls        TEXT,
  tokens            BLOB NOT NULL,
  log_probabilities BLOB NOT NULL,
  loss_mask         BLOB NOT NULL
) STRICT;
