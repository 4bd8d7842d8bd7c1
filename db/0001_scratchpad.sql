-- The scratchpad: pages, each a chain of append-only revisions.

CREATE TABLE page (
  id      INTEGER PRIMARY KEY,
  name    TEXT    NOT NULL UNIQUE,
  head    INTEGER NOT NULL REFERENCES revision (number) DEFERRABLE INITIALLY DEFERRED,
  body    TEXT    NOT NULL,                 -- the head's body, kept here for search and for reads by name
  deleted INTEGER NOT NULL DEFAULT 0 CHECK (deleted IN (0, 1)),
  worth   REAL    NOT NULL DEFAULT 0        -- breaks ties of search; higher is better
) STRICT;

-- A body is stored as what differs from its first parent's: whole lines between a common prefix and a common suffix.
-- A keyframe holds the whole body. Rows are never updated nor deleted.
CREATE TABLE revision (
  number   INTEGER PRIMARY KEY,             -- order of commit; the cursor of recent changes
  id       TEXT    NOT NULL UNIQUE CHECK (length(id) = 64),
  page     INTEGER NOT NULL REFERENCES page (id) DEFERRABLE INITIALLY DEFERRED,
  parent   INTEGER REFERENCES revision (number),
  merged   INTEGER REFERENCES revision (number),      -- second parent of a merge
  kind     TEXT    NOT NULL CHECK (kind IN ('edit', 'side', 'merge', 'delete', 'restore', 'revert')),
  author   TEXT    NOT NULL,
  round    INTEGER NOT NULL,
  episode  TEXT,                            -- the episode that led to it; its record may come later
  comment  TEXT    NOT NULL,
  time     INTEGER NOT NULL,                -- Unix milliseconds; not part of the id
  size     INTEGER NOT NULL,                -- characters of the body
  depth    INTEGER NOT NULL,                -- deltas down to the keyframe; 0 is a keyframe
  prefix   INTEGER NOT NULL,                -- characters kept from the parent's start
  suffix   INTEGER NOT NULL,                -- characters kept from the parent's end
  text     TEXT    NOT NULL                 -- what stands between
) STRICT;

CREATE INDEX revision_of_page ON revision (page, number);
CREATE INDEX revision_of_author ON revision (author, number);
CREATE INDEX revision_of_round ON revision (round, page);
CREATE INDEX revision_of_episode ON revision (episode) WHERE episode IS NOT NULL;

CREATE TRIGGER revision_is_append_only_update BEFORE UPDATE ON revision
BEGIN SELECT raise(ABORT, 'revisions are append-only'); END;
CREATE TRIGGER revision_is_append_only_delete BEFORE DELETE ON revision
BEGIN SELECT raise(ABORT, 'revisions are append-only'); END;

-- What became of every edit that was asked for, by the key that makes a repeated request harmless.
CREATE TABLE edit (
  number   INTEGER PRIMARY KEY,
  key      TEXT    NOT NULL UNIQUE,
  page     TEXT    NOT NULL,
  author   TEXT    NOT NULL,
  round    INTEGER NOT NULL,
  episode  TEXT,
  outcome  TEXT    NOT NULL CHECK (outcome IN ('saved', 'merged', 'unchanged', 'conflict', 'proposed', 'rejected')),
  revision INTEGER REFERENCES revision (number),      -- what was saved, or stood there already
  base     INTEGER REFERENCES revision (number),      -- of a conflict: what the editor had read
  theirs   INTEGER REFERENCES revision (number),      -- of a conflict: the head it met
  mine     TEXT,                                      -- of a conflict: the body that was not saved
  proposal INTEGER REFERENCES proposal (number),
  reason   TEXT
) STRICT;

CREATE INDEX edit_of_author ON edit (author, round);

-- Edits that wait for a person or an editor agent.
CREATE TABLE proposal (
  number   INTEGER PRIMARY KEY,
  page     TEXT    NOT NULL,
  base     INTEGER REFERENCES revision (number),
  kind     TEXT    NOT NULL CHECK (kind IN ('append', 'replace')),
  text     TEXT    NOT NULL,
  author   TEXT    NOT NULL,
  round    INTEGER NOT NULL,
  episode  TEXT,
  comment  TEXT    NOT NULL,
  reason   TEXT    NOT NULL,                -- why it waits
  time     INTEGER NOT NULL,
  state    TEXT    NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'accepted', 'rejected')),
  decider  TEXT,
  verdict  TEXT,
  revision INTEGER REFERENCES revision (number)
) STRICT;

CREATE INDEX proposal_open ON proposal (state, number);

CREATE TABLE link (
  page   INTEGER NOT NULL REFERENCES page (id),
  target TEXT    NOT NULL,
  PRIMARY KEY (page, target)
) STRICT, WITHOUT ROWID;

CREATE INDEX link_to ON link (target);

CREATE VIRTUAL TABLE page_text USING fts5 (name, body, content = 'page', content_rowid = 'id', tokenize = "unicode61 remove_diacritics 2");

CREATE TRIGGER page_text_insert AFTER INSERT ON page WHEN new.deleted = 0
BEGIN INSERT INTO page_text (rowid, name, body) VALUES (new.id, new.name, new.body); END;
CREATE TRIGGER page_text_update AFTER UPDATE OF body, deleted ON page
BEGIN
  INSERT INTO page_text (page_text, rowid, name, body) SELECT 'delete', old.id, old.name, old.body WHERE old.deleted = 0;
  INSERT INTO page_text (rowid, name, body) SELECT new.id, new.name, new.body WHERE new.deleted = 0;
END;
