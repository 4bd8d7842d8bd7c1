-- Which episodes each gradient step learned from, and which saved weights hold it: the ledger's way from an attempt to a checkpoint.
CREATE TABLE training_batch (
  number         INTEGER PRIMARY KEY,       -- in the order in which they were taken
  round          INTEGER NOT NULL,          -- the round after which it was taken
  phase          TEXT    NOT NULL CHECK (phase IN ('play', 'sleep')),   -- a sleep is one row, however many steps it takes
  weights        TEXT    NOT NULL,          -- what it moved: base, or an adapter's name
  epoch          INTEGER NOT NULL,
  step           INTEGER NOT NULL,
  demonstrations INTEGER NOT NULL           -- texts of base material beside the episodes
) STRICT;

CREATE INDEX training_batch_of_round ON training_batch (round);

CREATE TABLE trained (
  batch     INTEGER NOT NULL REFERENCES training_batch (number),
  position  INTEGER NOT NULL,
  episode   INTEGER NOT NULL REFERENCES episode (number),
  weight    REAL,                           -- of each token in the step's loss; null in a sleep
  advantage REAL,                           -- as it was trained on; null for a text that was imitated
  PRIMARY KEY (batch, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX trained_episode ON trained (episode);

-- The steps that were taken since the checkpoint before; null where none was.
ALTER TABLE checkpoint ADD COLUMN first_batch INTEGER REFERENCES training_batch (number);
ALTER TABLE checkpoint ADD COLUMN last_batch INTEGER REFERENCES training_batch (number);
