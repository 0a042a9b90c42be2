-- end --
UPDATE delivery
SET state = given.state, reason = given.reason, failures = given.failures,
    next_attempt_at = given.next_attempt_at, scheduled_at = given.scheduled_at,
    ended_at = given.ended_at
FROM GIVEN
WHERE delivery.id = given.id

-- under_way --
-- The attempts that have not ended. On PostgreSQL it locks their deliveries.
SELECT delivery.id, delivery.attempts, delivery.registration_id,
    EXISTS (
        SELECT 1 FROM registered_event
        WHERE registered_event.registration_id = delivery.registration_id
            AND registered_event.event = delivery.event
    ) AND NOT EXISTS (
        SELECT 1 FROM removal
        WHERE removal.registration_id = delivery.registration_id
            AND removal.event = delivery.event
            AND removal.through >= delivery.event_sequence
    )
FROM GIVEN
CROSS JOIN delivery
WHERE delivery.id = given.id
    AND CASE WHEN delivery.state = 'sending' AND delivery.attempts = given.attempt THEN true ELSE false END
