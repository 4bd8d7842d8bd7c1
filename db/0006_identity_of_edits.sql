-- SHA-256 over what an edit asked for: a key that comes again with another edit is told from a repetition. Null in rows that are older.
ALTER TABLE edit ADD COLUMN asked BLOB;

-- Counts and lists of the pages that stand, without a look at their bodies.
CREATE INDEX page_standing ON page (name) WHERE deleted = 0;

-- The pages that were measured to help, the best first.
CREATE INDEX page_of_worth ON page (worth) WHERE worth > 0;

-- The names by themselves: which pages are called as a common word, without a walk through all pages that hold it.
CREATE VIRTUAL TABLE page_name USING fts5 (name, content = 'page', content_rowid = 'id', tokenize = "unicode61 remove_diacritics 2");
INSERT INTO page_name (page_name) VALUES ('rebuild');
CREATE TRIGGER page_name_insert AFTER INSERT ON page
BEGIN INSERT INTO page_name (rowid, name) VALUES (new.id, new.name); END;
