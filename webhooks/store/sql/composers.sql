-- tell --
INSERT INTO composer (process, host, pid, started_at, read_at, trouble, definitions)
VALUES (:process, :host, :pid, :started_at, :read_at, :trouble, :definitions)
ON CONFLICT (process) DO UPDATE SET
    host = excluded.host, pid = excluded.pid, started_at = excluded.started_at,
    read_at = excluded.read_at, trouble = excluded.trouble, definitions = excluded.definitions

-- clear --
-- Those that send no heartbeats any more. In an embedded store nobody sends any, and one process only serves it.
DELETE FROM composer
WHERE process <> :process AND NOT EXISTS (SELECT 1 FROM process WHERE process.id = composer.process)

-- has_told --
SELECT 1 FROM composer WHERE process = :process

-- only --
SELECT host, pid, started_at, read_at, trouble, definitions FROM composer

-- alive --
-- On PostgreSQL: by the heartbeats of those that take jobs.
SELECT composer.host, composer.pid, composer.started_at, composer.read_at, composer.trouble, composer.definitions
FROM composer
JOIN process ON process.id = composer.process
WHERE process.seen_at > (extract(epoch FROM clock_timestamp()) * 1000000)::bigint - :silent
ORDER BY composer.host, composer.pid, composer.started_at
