-- The words of the full-text index with the number of pages that hold each: what the beginning of a word may stand for.
CREATE VIRTUAL TABLE page_word USING fts5vocab (page_text, 'row');
