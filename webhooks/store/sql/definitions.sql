-- remember --
INSERT INTO defined_event (event, since)
VALUES (:event, :since)
ON CONFLICT (event) DO NOTHING

-- find --
SELECT event, since
FROM defined_event
ORDER BY event

-- forget --
DELETE FROM defined_event
WHERE event = :event
RETURNING event
