-- composed --
-- On PostgreSQL it locks compositions before deliveries, and so does whoever composes: they cannot deadlock.
SELECT delivery.id, delivery.event_sequence, delivery.version, composition.state, composition.parked_for,
    composition.due_at, composition.reason
FROM GIVEN
CROSS JOIN delivery
JOIN composition ON composition.event_sequence = delivery.event_sequence
    AND composition.version = delivery.version
WHERE delivery.id = given.id
ORDER BY delivery.id

-- resume --
UPDATE delivery
SET state = 'pending', reason = NULL, next_attempt_at = :at, scheduled_at = :at, held_at = NULL
FROM GIVEN
WHERE delivery.id = given.id
    AND coalesce(delivery.state, '') = 'held'

-- later --
SELECT id
FROM delivery
WHERE registration_id = :registration_id
    AND state = 'pending'
    AND next_attempt_at > :at
    AND 'composed' = (
        SELECT state FROM composition
        WHERE composition.event_sequence = delivery.event_sequence AND composition.version = delivery.version
    )
LIMIT :most

-- wait --
UPDATE delivery
SET reason = :reason, next_attempt_at = :due_at, scheduled_at = :scheduled_at
WHERE id = :id
    AND state = 'pending'

-- unsettled --
-- Endpoints with deliveries to settle: pending ones of an endpoint that is not sent to, held ones of one that is.
SELECT registration.id
FROM registration
JOIN client ON client.id = registration.client_id
WHERE CASE
    WHEN registration.is_paused OR registration.disabled_reason IS NOT NULL OR client.is_disabled THEN EXISTS (
        SELECT 1 FROM delivery
        WHERE delivery.registration_id = registration.id AND delivery.state IN ('pending', 'composing')
    )
    ELSE EXISTS (
        SELECT 1 FROM delivery WHERE delivery.registration_id = registration.id AND delivery.state = 'held'
    )
END
