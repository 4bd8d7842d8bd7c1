-- Reads of pages by agents and programs that are no part of the run: by MCP, by a plugin, by HTTP. What episodes read stands in read.
-- A null revision is a look at a page that did not exist.
CREATE TABLE outside_read (
  number   INTEGER PRIMARY KEY,
  page     TEXT    NOT NULL,
  revision INTEGER REFERENCES revision (number),
  agent    TEXT    NOT NULL,
  role     TEXT    CHECK (role IN ('proposer', 'solver', 'critic', 'editor', 'author')),
  round    INTEGER NOT NULL,                -- the round in play
  episode  TEXT,                            -- the attempt that it was for, where the reader names one
  time     INTEGER NOT NULL                 -- Unix milliseconds
) STRICT;

CREATE INDEX outside_read_of_page ON outside_read (page, number);
CREATE INDEX outside_read_of_agent ON outside_read (agent, number);

CREATE TRIGGER outside_read_is_append_only_update BEFORE UPDATE ON outside_read
BEGIN SELECT raise(ABORT, 'reads are append-only'); END;
CREATE TRIGGER outside_read_is_append_only_delete BEFORE DELETE ON outside_read
BEGIN SELECT raise(ABORT, 'reads are append-only'); END;
