-- What newborns answered in held-out tests. A table of their own: no training, export or statistic of play can take them for attempts.
CREATE TABLE answer (
  number            INTEGER PRIMARY KEY,
  id                TEXT    NOT NULL UNIQUE,  -- 220/held-out/17: the round, the test, the question
  round             INTEGER NOT NULL,
  test              TEXT    NOT NULL,         -- held-out, birth, wipe/before, wipe/after, probe/seen, probe/fresh
  problem           TEXT    NOT NULL,         -- its text
  difficulty        INTEGER NOT NULL,
  reading           INTEGER NOT NULL CHECK (reading IN (0, 1)),
  checkpoint        TEXT    NOT NULL,         -- the weights that answered
  outcome           TEXT    NOT NULL CHECK (outcome IN ('correct', 'wrong', 'malformed')),
  reason            TEXT    NOT NULL,
  sound             INTEGER NOT NULL CHECK (sound IN (0, 1)),
  segments          TEXT    NOT NULL,         -- this and the rest as in transcript
  tool_calls        TEXT,
  tokens            BLOB    NOT NULL,
  log_probabilities BLOB    NOT NULL,
  loss_mask         BLOB    NOT NULL
) STRICT;

CREATE INDEX answer_of_round ON answer (round, test, reading, difficulty);
