-- look --
-- The deliveries of jobs that were taken. With CROSS JOIN SQLite joins in this order.
SELECT delivery.id, delivery.state, delivery.client_id, registration.id, delivery.next_attempt_at,
    delivery.attempts, delivery.failures, composition.state, registration.waits_until,
    registration.is_paused OR registration.disabled_reason IS NOT NULL OR client.is_disabled
FROM GIVEN
CROSS JOIN delivery
JOIN composition ON composition.event_sequence = delivery.event_sequence
    AND composition.version = delivery.version
JOIN client ON client.id = delivery.client_id
LEFT JOIN registration ON registration.id = delivery.registration_id
WHERE delivery.id = given.id

-- holders --
-- On PostgreSQL it locks the endpoints that hold these deliveries: who resumes one has committed, or has to wait.
SELECT registration.id
FROM GIVEN
CROSS JOIN delivery
JOIN registration ON registration.id = delivery.registration_id
JOIN client ON client.id = registration.client_id
WHERE delivery.id = given.id
    AND (registration.is_paused OR registration.disabled_reason IS NOT NULL OR client.is_disabled)
ORDER BY registration.id

-- details --
-- What the requests need. For CASE see `beside` in `bulk.py`.
-- Large bodies are read apart, each once: as a part of JSON, bytes cost much.
SELECT delivery.id, delivery.attempts, delivery.failures, delivery.created_at, delivery.event_sequence,
    delivery.version, delivery.url, CASE WHEN length(composition.body) <= 8192 THEN composition.body END,
    coalesce(length(composition.body), 0) > 8192, event.id, delivery.registration_id, EXISTS (
        SELECT 1 FROM registered_event
        WHERE registered_event.registration_id = delivery.registration_id
            AND registered_event.event = delivery.event
    ) AND NOT EXISTS (
        SELECT 1 FROM removal
        WHERE removal.registration_id = delivery.registration_id
            AND removal.event = delivery.event
            AND removal.through >= delivery.event_sequence
    ),
    CASE WHEN delivery.attempts > 0 THEN (
        SELECT started_at FROM attempt WHERE attempt.delivery_id = delivery.id AND attempt.number = 1
    ) END
FROM GIVEN
CROSS JOIN delivery
JOIN composition ON composition.event_sequence = delivery.event_sequence
    AND composition.version = delivery.version
JOIN event ON event.sequence = delivery.event_sequence
LEFT JOIN registration ON registration.id = delivery.registration_id
WHERE delivery.id = given.id
    AND CASE WHEN delivery.state = 'pending' AND delivery.next_attempt_at <= :at THEN true ELSE false END
    AND CASE WHEN composition.state = 'composed' THEN true ELSE false END
    AND (registration.waits_until IS NULL OR registration.waits_until <= :at)

-- large --
-- Bodies that `details` leaves out.
SELECT composition.event_sequence, composition.version, composition.body
FROM GIVEN
CROSS JOIN composition
WHERE composition.event_sequence = given.sequence
    AND composition.version = given.version

-- send --
-- Needs no condition on the state: `details` has locked these rows, or the writer is alone.
UPDATE delivery
SET state = 'sending', attempts = attempts + 1, next_attempt_at = NULL
FROM GIVEN
WHERE delivery.id = given.id

-- begin --
INSERT INTO attempt (delivery_id, number, started_at)
SELECT id, number, started_at
FROM GIVEN

-- take_back --
UPDATE delivery
SET state = 'pending', attempts = attempts - 1, next_attempt_at = :at, scheduled_at = :at
FROM GIVEN
WHERE delivery.id = given.id
    AND CASE WHEN delivery.state = 'sending' AND delivery.attempts = given.number THEN true ELSE false END
RETURNING delivery.id, delivery.attempts + 1

-- forget --
DELETE FROM attempt
WHERE (delivery_id, number) IN (SELECT id, number FROM GIVEN)

-- set_aside --
UPDATE delivery
SET state = given.state, reason = given.reason, next_attempt_at = NULL, ended_at = given.ended_at
FROM GIVEN
WHERE delivery.id = given.id
