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

-- enqueue --
-- As PgQueuer enqueues, but by the database's clock at this moment. The priority is taken from the second that a job
-- is due in, since PgQueuer takes the highest first; as a distance from 1.8 billion it fits until 2095.
INSERT INTO pgqueuer (priority, entrypoint, execute_after, dedupe_key, status)
SELECT 1800000000 - extract(epoch FROM execute_after)::bigint, entrypoint, execute_after, dedupe_key, 'queued'
FROM (
    SELECT entrypoint, dedupe_key, clock_timestamp() + delay * interval '1 microsecond' AS execute_after
    FROM unnest(:entrypoints ::text[], :dedupe_keys ::text[], :delays ::bigint[])
        AS given (entrypoint, dedupe_key, delay)
) AS given
ON CONFLICT (dedupe_key)
WHERE status = ANY (ARRAY['queued'::pgqueuer_status, 'picked'::pgqueuer_status])
    AND dedupe_key IS NOT NULL
DO UPDATE SET execute_after = excluded.execute_after, priority = excluded.priority
WHERE excluded.execute_after < pgqueuer.execute_after

-- dequeue --
DELETE FROM pgqueuer
WHERE dedupe_key = ANY (:dedupe_keys ::text[])
    AND status = ANY (ARRAY['queued'::pgqueuer_status, 'picked'::pgqueuer_status])
