"""The statements of the queue on PostgreSQL. All due times in the table are by the database's clock.

They are planned once, for any number of rows, on a connection that is set up by SET_UP. The table may be empty in one
second and full in the next, so its statistics are never right: each statement can go by one index only.
"""

from __future__ import annotations

from typing import Final

CHANNEL: Final = "aptic_webhooks_job"
SET_BACK_MICROSECONDS: Final = 1_000_000
"""A time that is so far in the future was written before the database's clock was set back."""

# An index scan marks dead rows, so that later scans pass over them; a bitmap scan does not. Nothing here needs to be
# on disk before it counts: if the server dies, a lease that it forgets was not worked on, as every change of a delivery
# is on disk with all that was written before it.
SET_UP: Final = (
    "SET plan_cache_mode = force_generic_plan; SET enable_bitmapscan = off; SET enable_sort = off;"
    " SET synchronous_commit = off"
)
LISTEN: Final = f"LISTEN {CHANNEL}"
# $1 who tells and of what, as `process:kinds`; of anything where it names none
TELL: Final = f"SELECT pg_notify('{CHANNEL}', $1)"

_NOW: Final = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"

# $1 kind, $2 most, $3 process. Its last row says how long the next one waits that is not due yet.
# By their place in the table, as they were found in it: one that was changed meanwhile is left for the next time, and
# who changed it tells.
TAKE: Final = f"""
WITH clock AS MATERIALIZED (SELECT {_NOW} AS now),
taken AS (
    UPDATE job SET taken_by = $3::bigint WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM job
        WHERE kind = $1::text AND taken_by IS NULL AND due_at <= (SELECT now FROM clock)
        ORDER BY due_at, key LIMIT $2::int FOR NO KEY UPDATE SKIP LOCKED
    )) RETURNING key, due_at
)
SELECT key, due_at, 0 AS wait FROM taken
UNION ALL
SELECT NULL, NULL, (
    SELECT due_at FROM job WHERE kind = $1::text AND taken_by IS NULL AND due_at > (SELECT now FROM clock)
    ORDER BY due_at LIMIT 1
) - (SELECT now FROM clock)
"""

# Each key is looked up by itself, as below. $1 kind, $2 keys, $3 process
TAKE_THESE: Final = f"""
WITH clock AS MATERIALIZED (SELECT {_NOW} AS now),
free AS MATERIALIZED (
    SELECT found.place FROM unnest($2::text[]) AS given (key)
    CROSS JOIN LATERAL (
        SELECT ctid AS place FROM job
        WHERE kind = $1::text AND key = given.key AND coalesce(taken_by, 0) = 0 AND due_at <= (SELECT now FROM clock)
        FOR NO KEY UPDATE SKIP LOCKED
    ) AS found
)
UPDATE job SET taken_by = $3::bigint WHERE ctid = ANY (ARRAY(SELECT place FROM free)) RETURNING key, due_at
"""

# Each key is looked up by itself: with `key = ANY ($2)`, a plan that was made for an empty table reads all of a kind.
# `coalesce` keeps to the key's index. $1 kind, $2 keys, $3 process
_OWN: Final = """
SELECT found.place, given.key FROM unnest($2::text[]) AS given (key)
CROSS JOIN LATERAL (
    SELECT ctid AS place FROM job WHERE kind = $1::text AND key = given.key AND coalesce(taken_by, 0) = $3::bigint
    {}
) AS found
"""
# It passes over locked rows: whoever locked one is finishing it, and might wait for rows that this one has locked.
RELEASE: Final = f"""
WITH own AS MATERIALIZED ({_OWN.format("FOR NO KEY UPDATE SKIP LOCKED")})
UPDATE job SET taken_by = NULL, due_at = least(due_at, {_NOW}) WHERE ctid = ANY (ARRAY(SELECT place FROM own))
"""
STILL_TAKEN: Final = _OWN.format("OFFSET 0")

# $1 process, $2 what it knows of its jobs, as `kind:key`, $3 most
RELEASE_UNKNOWN: Final = """
UPDATE job SET taken_by = NULL WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM job WHERE taken_by = $1::bigint AND (kind || ':' || key) NOT IN (SELECT unnest($2::text[]))
    LIMIT $3::int FOR NO KEY UPDATE SKIP LOCKED
)) RETURNING 1 AS given
"""
# $1 process, $2 what it knows of its jobs
ANY_UNKNOWN: Final = """
SELECT 1 AS found FROM job WHERE taken_by = $1::bigint AND (kind || ':' || key) NOT IN (SELECT unnest($2::text[]))
LIMIT 1
"""

# $1 process. Gives all processes and when each was seen last, this one now.
BEAT: Final = f"""
WITH beat AS (
    INSERT INTO process (id, seen_at) VALUES ($1::bigint, {_NOW})
    ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at RETURNING id, seen_at
)
SELECT id, seen_at FROM beat UNION ALL SELECT id, seen_at FROM process WHERE id <> $1::bigint
"""
AHEAD: Final = f"SELECT coalesce(max(seen_at), 0) - {_NOW} AS ahead FROM process"

# $1 process, $2 when it was seen last, $3 most. A part of its jobs: there may be many.
TAKE_FROM: Final = f"""
UPDATE job SET taken_by = NULL, due_at = least(due_at, {_NOW}) WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM job
    WHERE taken_by = (SELECT id FROM process WHERE id = $1::bigint AND seen_at = $2::bigint)
    LIMIT $3::int FOR NO KEY UPDATE SKIP LOCKED
)) RETURNING 1 AS given
"""
# $1 process, $2 when it was seen last
FORGET: Final = """
DELETE FROM process WHERE id = $1::bigint AND seen_at = $2::bigint
AND NOT EXISTS (SELECT 1 FROM job WHERE taken_by = $1::bigint LIMIT 1 OFFSET 0)
RETURNING 1 AS gone
"""
# Processes whose heartbeat was removed while they were held up, and that took jobs afterwards: each is given one that
# never changes.
FIND_FORGOTTEN: Final = """
WITH RECURSIVE taker (id) AS (
    (SELECT taken_by FROM job WHERE taken_by IS NOT NULL ORDER BY taken_by LIMIT 1)
    UNION ALL
    SELECT (SELECT taken_by FROM job WHERE taken_by > taker.id ORDER BY taken_by LIMIT 1)
    FROM taker WHERE taker.id IS NOT NULL
)
INSERT INTO process (id, seen_at) SELECT id, 0 FROM taker WHERE id IS NOT NULL ON CONFLICT (id) DO NOTHING
"""

# After the database's clock was set back: no job is to wait longer than the delay that it was added with. One that was
# taken is due already, and stays so when it is released. It looks at a part of the jobs of a kind, those after a place,
# and gives their places: what it moves comes before them then. $1 kind, $2 due time, $3 key, $4 most
MOVE: Final = f"""
WITH clock AS MATERIALIZED (SELECT {_NOW} AS now),
found AS MATERIALIZED (
    SELECT ctid AS place, due_at, key, added_at FROM job
    WHERE kind = $1::text AND taken_by IS NULL AND (due_at, key) > ($2::bigint, $3::text)
    ORDER BY due_at, key LIMIT $4::int FOR NO KEY UPDATE SKIP LOCKED
),
moved AS (
    UPDATE job SET due_at = due_at - (added_at - (SELECT now FROM clock)), added_at = (SELECT now FROM clock)
    WHERE ctid = ANY (ARRAY(
        SELECT place FROM found WHERE added_at > (SELECT now FROM clock) + {SET_BACK_MICROSECONDS}
    ))
)
SELECT due_at, key FROM found
"""
