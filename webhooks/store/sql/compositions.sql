-- add --
INSERT INTO composition (event_sequence, version, state, due_at)
SELECT sequence, version, 'waiting', due_at
FROM GIVEN

-- find --
SELECT composition.event_sequence, composition.version, event.event, event.id, event.arguments,
    composition.failures,
    EXISTS (
        SELECT 1 FROM delivery
        CROSS JOIN registration
        CROSS JOIN client
        WHERE delivery.event_sequence = composition.event_sequence
            AND delivery.version = composition.version
            AND coalesce(delivery.state, '') IN ('pending', 'composing')
            AND registration.id = coalesce(delivery.registration_id, 0)
            AND client.id = delivery.client_id
            AND NOT (registration.is_paused OR registration.disabled_reason IS NOT NULL OR client.is_disabled)
    ),
    defined_event.event IS NOT NULL
FROM GIVEN
CROSS JOIN composition
JOIN event ON event.sequence = composition.event_sequence
LEFT JOIN defined_event ON defined_event.event = event.event
WHERE composition.event_sequence = given.sequence
    AND composition.version = given.version
    AND CASE WHEN composition.state = 'waiting' THEN true ELSE false END

-- addressed --
-- Deliveries that wait for a body, some of all.
SELECT delivery.event_sequence, delivery.version, delivery.id, delivery.registration_id, delivery.client_id
FROM GIVEN
CROSS JOIN delivery
CROSS JOIN registration
CROSS JOIN client
WHERE delivery.event_sequence = given.sequence
    AND delivery.version = given.version
    AND CASE WHEN delivery.state IN ('pending', 'composing') THEN true ELSE false END
    AND registration.id = coalesce(delivery.registration_id, 0)
    AND client.id = delivery.client_id
    AND NOT (registration.is_paused OR registration.disabled_reason IS NOT NULL OR client.is_disabled)
LIMIT :most

-- state --
SELECT composition.state, composition.body IS NOT NULL, event.arguments IS NOT NULL
FROM composition
JOIN event ON event.sequence = composition.event_sequence
WHERE composition.event_sequence = :sequence
    AND composition.version = :version

-- again --
UPDATE composition
SET state = 'waiting', failures = 0, reason = NULL, due_at = NULL, parked_for = NULL
WHERE event_sequence = :sequence
    AND version = :version
    AND state IN ('failed', 'skipped')

-- last --
SELECT max(version)
FROM composition
WHERE event_sequence = :sequence
