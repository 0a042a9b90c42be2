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

-- park --
-- On PostgreSQL. Of the jobs that are due the longest, those of some endpoints' deliveries, which stay as they are. It
-- reads jobs by their index, and each delivery by its id. Like taking, it passes over rows that others have locked.
DELETE FROM job
WHERE ctid = ANY (ARRAY(
    SELECT ctid
    FROM job
    WHERE taken_by IS NULL
        AND ctid = ANY (ARRAY(
            SELECT place
            FROM (
                SELECT ctid AS place, key
                FROM job
                WHERE kind = 'deliver'
                    AND taken_by IS NULL
                    AND due_at <= (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
                ORDER BY due_at, key
                LIMIT :most ::int
            ) AS oldest
            WHERE EXISTS (
                SELECT 1
                FROM delivery
                JOIN composition ON composition.event_sequence = delivery.event_sequence
                    AND composition.version = delivery.version
                WHERE delivery.id = oldest.key
                    AND coalesce(delivery.registration_id, 0) = ANY (:registration_ids ::bigint[])
                    AND coalesce(delivery.state, '') = 'pending'
                    AND delivery.next_attempt_at <= :at
                    AND composition.state = 'composed'
                LIMIT 1 OFFSET 0
            )
        ))
    FOR NO KEY UPDATE SKIP LOCKED
))

-- try_refill --
-- On PostgreSQL. Whether this transaction is the only one that gives jobs to an endpoint's parked deliveries.
SELECT pg_try_advisory_xact_lock(x'617075'::int, (:registration_id ::bigint % 2147483647)::int)

-- try_refill_of --
-- On PostgreSQL. The same for the endpoints of some deliveries.
SELECT delivery.id, pg_try_advisory_xact_lock(x'617075'::int, (delivery.registration_id % 2147483647)::int)
FROM unnest(:keys ::text[]) AS given (key)
JOIN delivery ON delivery.id = given.key

-- tell --
SELECT pg_notify('aptic_webhooks_job', ':' || :kinds)
