-- remember --
INSERT INTO defined_event (event, since)
VALUES (:event, :since)
ON CONFLICT (event) DO NOTHING

-- find --
SELECT event, since
FROM defined_event
ORDER BY event

-- faults --
SELECT event, reason
FROM definition_fault
ORDER BY event

-- forget_faults --
DELETE FROM definition_fault

-- tell_fault --
INSERT INTO definition_fault (event, reason)
VALUES (:event, :reason)
ON CONFLICT (event) DO UPDATE SET reason = excluded.reason

-- forget_fault --
DELETE FROM definition_fault
WHERE event = :event

-- forget --
DELETE FROM defined_event
WHERE event = :event
RETURNING event
