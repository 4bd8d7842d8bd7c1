-- Which saved weights hold which training batch: the one place where checkpoints meet batches.
CREATE VIEW saved_batch (batch, round, checkpoint) AS
SELECT b.number, b.round, c.name FROM training_batch b JOIN checkpoint c ON b.number BETWEEN c.first_batch AND c.last_batch;
