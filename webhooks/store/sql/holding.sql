-- composed --
-- On PostgreSQL it locks compositions before deliveries, and so does whoever composes: they cannot deadlock.
SELECT delivery.id, delivery.event_sequence, delivery.version, composition.state, composition.parked_for,
    composition.due_at
FROM GIVEN
CROSS JOIN delivery
JOIN composition ON composition.event_sequence = delivery.event_sequence
    AND composition.version = delivery.version
WHERE delivery.id = given.id
ORDER BY delivery.id

-- held_endpoints --
SELECT registration.id
FROM registration
JOIN client ON client.id = registration.client_id
WHERE CASE
        WHEN registration.is_paused OR registration.disabled_reason IS NOT NULL
        THEN coalesce(registration.held_since, 0)
    END <= :until
    OR CASE WHEN client.is_disabled THEN coalesce(client.disabled_at, 0) END <= :until
ORDER BY registration.id

-- resumed --
SELECT registration.id, registration.resumed_at
FROM registration
JOIN client ON client.id = registration.client_id
WHERE registration.resumed_at IS NOT NULL
    AND NOT (registration.is_paused OR registration.disabled_reason IS NOT NULL OR client.is_disabled)

-- window --
-- Those without a due time are parked, or are being composed.
SELECT delivery.id, delivery.event_sequence, delivery.event, delivery.next_attempt_at, delivery.scheduled_at, (
        SELECT composition.state FROM composition
        WHERE composition.event_sequence = delivery.event_sequence AND composition.version = delivery.version
    )
FROM delivery
WHERE delivery.registration_id = :registration_id
    AND delivery.state = (SELECT 'pending')
    AND delivery.next_attempt_at >= :due_at
    AND (delivery.next_attempt_at, delivery.id) > (:due_at, :id)
ORDER BY delivery.next_attempt_at, delivery.id
LIMIT :most

-- settled --
-- It may have been resumed once more meanwhile.
UPDATE registration
SET resumed_at = NULL
WHERE id = :id
    AND resumed_at = :at

-- removals --
SELECT id, registration_id, event, through
FROM removal
ORDER BY id

-- untimed --
-- For CASE see `beside` in `bulk.py`.
SELECT id
FROM delivery
WHERE registration_id = :registration_id
    AND state IN ((SELECT 'pending'), (SELECT 'composing'))
    AND next_attempt_at IS NULL
    AND (CAST(:event AS text) IS NULL OR event = :event)
    AND CASE WHEN event_sequence <= :through THEN true ELSE false END
UNION ALL
SELECT id
FROM delivery
WHERE registration_id = :registration_id
    AND state = (SELECT 'composing')
    AND next_attempt_at IS NOT NULL
    AND (CAST(:event AS text) IS NULL OR event = :event)
    AND CASE WHEN event_sequence <= :through THEN true ELSE false END
LIMIT :most

-- cancel --
UPDATE delivery
SET state = 'cancelled', reason = :reason, next_attempt_at = NULL, scheduled_at = NULL, ended_at = :at
FROM GIVEN
WHERE delivery.id = given.id
    AND CASE WHEN delivery.state IN ('pending', 'composing') THEN true ELSE false END

-- cancelled --
DELETE FROM removal
WHERE id = :id
