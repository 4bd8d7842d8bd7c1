-- A run: what was played, measured and learned, round by round.

CREATE TABLE run (
  only     INTEGER PRIMARY KEY CHECK (only = 1),
  name     TEXT    NOT NULL,
  scenario TEXT    NOT NULL,                -- the resolved YAML
  hash     TEXT    NOT NULL,                -- SHA-256 of it
  seed     INTEGER NOT NULL,
  versions TEXT    NOT NULL CHECK (json_valid(versions)),
  begun    INTEGER NOT NULL                 -- Unix milliseconds
) STRICT;

CREATE TABLE round (
  number     INTEGER PRIMARY KEY,
  state      TEXT,                          -- kept of the last round and of rounds with a checkpoint
  checkpoint TEXT,
  time       INTEGER NOT NULL
) STRICT;

CREATE TABLE problem (
  id         TEXT    NOT NULL PRIMARY KEY,
  round      INTEGER NOT NULL,
  text       TEXT    NOT NULL,
  difficulty INTEGER NOT NULL,
  canonical  TEXT    NOT NULL,
  proposer   TEXT,
  solve_rate REAL    NOT NULL
) STRICT;

CREATE INDEX problem_of_round ON problem (round, difficulty, solve_rate);
CREATE INDEX problem_canonical ON problem (canonical);

-- The narrow half of an episode, for lists and statistics.
CREATE TABLE episode (
  number     INTEGER PRIMARY KEY,
  id         TEXT    NOT NULL UNIQUE,
  round      INTEGER NOT NULL,
  agent      TEXT    NOT NULL,
  role       TEXT    NOT NULL CHECK (role IN ('proposer', 'solver', 'critic', 'editor', 'author')),
  problem    TEXT,
  attempt    INTEGER NOT NULL,
  checkpoint TEXT    NOT NULL,
  outcome    TEXT    NOT NULL CHECK (outcome IN ('correct', 'wrong', 'malformed')),
  reason     TEXT    NOT NULL,
  sound      INTEGER NOT NULL CHECK (sound IN (0, 1)),
  reward     REAL    NOT NULL,
  advantage  REAL    NOT NULL
) STRICT;

CREATE INDEX episode_of_round ON episode (round, role, outcome);
CREATE INDEX episode_of_agent ON episode (agent, round);
CREATE INDEX episode_of_problem ON episode (problem) WHERE problem IS NOT NULL;

-- The wide half: what replay and training read. Blobs are little-endian arrays as long as the tokens.
CREATE TABLE transcript (
  episode           INTEGER PRIMARY KEY REFERENCES episode (number),
  segments          TEXT NOT NULL,          -- JSON: [["prompt", "text"], ...]
  tool_calls        TEXT,                   -- JSON: [[kind, request, reply, page, revision], ...]
  tokens            BLOB NOT NULL,          -- int32
  log_probabilities BLOB NOT NULL,          -- float32
  loss_mask         BLOB NOT NULL,          -- one bit each, lowest first
  token_advantages  BLOB                    -- float32
) STRICT;

-- Who read which revision in which episode. A null revision is a look at a page that did not exist.
CREATE TABLE read (
  episode  INTEGER NOT NULL REFERENCES episode (number),
  position INTEGER NOT NULL,
  page     TEXT    NOT NULL,
  revision INTEGER REFERENCES revision (number),
  PRIMARY KEY (episode, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX read_of_revision ON read (revision, episode) WHERE revision IS NOT NULL;

CREATE TABLE metric (
  name  TEXT    NOT NULL,
  round INTEGER NOT NULL,
  value REAL    NOT NULL,
  PRIMARY KEY (name, round)
) STRICT, WITHOUT ROWID;

CREATE TABLE held_out (
  round      INTEGER NOT NULL,
  difficulty INTEGER NOT NULL,
  reading    INTEGER NOT NULL CHECK (reading IN (0, 1)),
  correct    INTEGER NOT NULL,
  sound      INTEGER NOT NULL,
  count      INTEGER NOT NULL,
  PRIMARY KEY (round, difficulty, reading)
) STRICT, WITHOUT ROWID;

CREATE TABLE checkpoint (
  name  TEXT    NOT NULL PRIMARY KEY,
  round INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
