-- add --
-- Without WHERE TRUE, SQLite would take ON for a part of a join.
INSERT INTO job (kind, key, due_at)
SELECT kind, key, due_at
FROM GIVEN
WHERE TRUE
ON CONFLICT (kind, key) DO UPDATE SET due_at = min(due_at, excluded.due_at)

-- finish --
DELETE FROM job
WHERE (kind, key) IN (SELECT kind, key FROM GIVEN)

-- add_by_delay --
-- On PostgreSQL. The due time is by the database's clock at this moment: the clocks of machines differ. A job that is
-- taken is due already, so it stays as it is.
INSERT INTO job (kind, key, due_at, added_at, taken_by)
SELECT given.kind, given.key, clock.now + given.delay, clock.now, :taken_by ::bigint
FROM unnest(:kinds ::text[], :keys ::text[], :delays ::bigint[]) AS given (kind, key, delay)
CROSS JOIN (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now OFFSET 0) AS clock
ON CONFLICT (kind, key) DO UPDATE
SET due_at = least(job.due_at, excluded.due_at),
    added_at = CASE WHEN excluded.due_at < job.due_at THEN excluded.added_at ELSE job.added_at END,
    taken_by = excluded.taken_by
WHERE job.taken_by IS NULL
    AND (excluded.due_at < job.due_at OR excluded.taken_by IS NOT NULL)

-- finish_taken --
-- On PostgreSQL. What another process has taken meanwhile is for that one to finish. Each key is looked up by itself, by
-- the index of keys: with `key = ANY (:keys)`, a plan for a table that seems to be empty reads all of a kind.
DELETE FROM job
WHERE ctid = ANY (ARRAY(
    SELECT found.place
    FROM unnest(:keys ::text[]) AS given (key)
    CROSS JOIN LATERAL (
        SELECT ctid AS place
        FROM job
        WHERE kind = :kind
            AND key = given.key
            AND coalesce(taken_by, 0) IN (0, coalesce(:taker ::bigint, 0))
        OFFSET 0
    ) AS found
))

-- tell --
SELECT pg_notify('aptic_webhooks_job', ':' || :kinds)
