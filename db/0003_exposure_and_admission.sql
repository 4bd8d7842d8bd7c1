-- What is needed to measure the worth of notes, to admit them by test, and to count who cites whom.

-- The probability with which the episode's notes were withheld; its reads and the rows below are then a randomised experiment.
ALTER TABLE episode ADD COLUMN withholding REAL NOT NULL DEFAULT 0 CHECK (withholding >= 0 AND withholding < 1);

-- Notes that an episode asked for and was not shown.
CREATE TABLE withheld (
  episode  INTEGER NOT NULL REFERENCES episode (number),
  position INTEGER NOT NULL,
  page     TEXT    NOT NULL,                -- as the agent named it
  revision INTEGER REFERENCES revision (number),   -- null for a note of another society
  PRIMARY KEY (episode, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX withheld_of_revision ON withheld (revision, episode) WHERE revision IS NOT NULL;

-- Links to pages, by whom and when: those that a revision brought, and those that a model wrote in an episode.
CREATE TABLE citation (
  number   INTEGER PRIMARY KEY,
  target   TEXT    NOT NULL,                -- full name of the page that is cited
  agent    TEXT    NOT NULL,
  round    INTEGER NOT NULL,
  revision INTEGER REFERENCES revision (number),
  episode  INTEGER REFERENCES episode (number),
  CHECK ((revision IS NULL) <> (episode IS NULL))
) STRICT;

CREATE INDEX citation_of_target ON citation (target, agent);

-- The rule by which an edit was refused, by name.
ALTER TABLE edit ADD COLUMN rule TEXT;

-- The heading of a section edit that waits; and why it waits, by name.
ALTER TABLE proposal ADD COLUMN section TEXT;
ALTER TABLE proposal ADD COLUMN waits_for TEXT NOT NULL DEFAULT 'review' CHECK (waits_for IN ('review', 'rollouts'));

-- Matched rollouts with and without a proposed note, on the same problem.
CREATE TABLE rollout (
  proposal INTEGER NOT NULL REFERENCES proposal (number),
  key      TEXT    NOT NULL,                -- unique among the proposal's: a pair that is reported twice counts once
  without  REAL    NOT NULL,                -- reward without the note
  shown    REAL    NOT NULL,                -- reward with it
  PRIMARY KEY (proposal, key)
) STRICT, WITHOUT ROWID;

