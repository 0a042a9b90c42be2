-- subscribers --
SELECT given.event, registration.id, registration.client_id, registration.url,
    registration.is_paused OR registration.disabled_reason IS NOT NULL, client.only,
    EXISTS (SELECT 1 FROM defined_event WHERE defined_event.event = given.event), registration.waits_until
FROM GIVEN
CROSS JOIN registered_event
JOIN registration ON registration.id = registered_event.registration_id
JOIN client ON client.id = registration.client_id
WHERE registered_event.event = given.event
ORDER BY registration.id

-- insert --
-- On PostgreSQL it waits for a transaction that has inserted the same id and has not ended yet. Numbers are given in
-- the order of the places. `:digests` are those of the rows, one after the other.
INSERT INTO event (id, publisher_id, event, arguments, digest, state, created_at)
SELECT id, publisher_id, event, arguments, substr(:digests, CAST(32 * place + 1 AS integer), 32), state, :created_at
FROM GIVEN
WHERE TRUE
ORDER BY place
ON CONFLICT (id, publisher_id) DO NOTHING

-- digests --
SELECT event.id, event.publisher_id, event.digest
FROM GIVEN
CROSS JOIN event
WHERE event.id = given.id
    AND event.publisher_id = given.publisher_id

-- deliver --
-- `attempts` is 1 where the first one is written with it.
INSERT INTO delivery (id, event_sequence, client_id, registration_id, event, url, state, created_at, attempts,
    next_attempt_at, scheduled_at)
SELECT id, event_sequence, client_id, registration_id, event, url,
    CASE WHEN attempts > 0 THEN 'sending' ELSE 'pending' END, :created_at, attempts,
    CASE WHEN attempts > 0 THEN NULL ELSE :created_at END, :created_at
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
