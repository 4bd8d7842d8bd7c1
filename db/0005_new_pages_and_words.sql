-- While a revision waits in its transaction for the page that it begins, every further revision is looked for among the heads of all pages:
-- without this index each costs a walk through the table.
CREATE INDEX page_of_head ON page (head);

-- The index's vocabulary by place instead of by word: a look at one place finds a word without counting all of its places.
DROP TABLE page_word;
CREATE VIRTUAL TABLE page_word USING fts5vocab (page_text, 'instance');
