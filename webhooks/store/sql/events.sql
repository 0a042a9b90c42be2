-- insert --
-- On PostgreSQL it waits for a transaction that has inserted the same id and has not ended yet.
INSERT INTO event (id, publisher_id, event, arguments, digest, state, created_at)
VALUES (:id, :publisher_id, :event, :arguments, :digest, :state, :created_at)
ON CONFLICT (id, publisher_id) DO NOTHING
RETURNING sequence

-- deliver --
INSERT INTO delivery (id, event_sequence, client_id, registration_id, event, url, state, reason, created_at,
    next_attempt_at, scheduled_at, held_at)
SELECT id, event_sequence, client_id, registration_id, event, url, state, reason, :created_at, due_at, due_at,
    held_at
FROM GIVEN

-- arguments --
SELECT sequence, arguments
FROM event
WHERE sequence > :after
ORDER BY sequence
LIMIT :most

-- of_delivery --
SELECT event.arguments
FROM delivery
JOIN event ON event.sequence = delivery.event_sequence
WHERE delivery.id = :id
