-- ahead --
SELECT 1
FROM delivery
WHERE state = 'pending'
    AND next_attempt_at > :latest
    AND scheduled_at > :latest
LIMIT 1

-- window --
SELECT id, next_attempt_at, scheduled_at
FROM delivery
WHERE state = 'pending'
    AND next_attempt_at >= :due_at
    AND (next_attempt_at, id) > (:due_at, :id)
ORDER BY next_attempt_at, id
LIMIT :most

-- deliveries --
UPDATE delivery
SET next_attempt_at = next_attempt_at - (scheduled_at - :now), scheduled_at = :now
FROM GIVEN
WHERE delivery.id = given.id
    AND CASE WHEN delivery.state = 'pending' AND delivery.scheduled_at > :latest THEN true ELSE false END
RETURNING delivery.id, delivery.next_attempt_at

-- compositions --
-- Compositions do not say when their times were written, so the size of the step back is needed.
UPDATE composition
SET due_at = CASE WHEN due_at - :back < :now THEN :now ELSE due_at - :back END
WHERE state = 'waiting'
    AND due_at > :beyond
RETURNING event_sequence, version, due_at

-- endpoints --
UPDATE registration
SET waits_until = waits_until - :back
WHERE waits_until > :beyond

-- failing --
UPDATE registration
SET failing_since = CASE WHEN failing_since + :by > :now THEN :now ELSE failing_since + :by END
WHERE failing_since IS NOT NULL

-- held --
UPDATE registration
SET held_since = held_since + :by
WHERE held_since >= :began
    AND held_since <= :until

-- held_clients --
UPDATE client
SET disabled_at = disabled_at + :by
WHERE disabled_at >= :began
    AND disabled_at <= :until

-- held_deliveries --
UPDATE delivery
SET next_attempt_at = next_attempt_at + :by, scheduled_at = scheduled_at + :by
WHERE state = 'pending'
    AND next_attempt_at >= :began
    AND next_attempt_at <= :until
    AND registration_id IN (
        SELECT registration.id
        FROM registration
        JOIN client ON client.id = registration.client_id
        WHERE registration.is_paused
            OR registration.disabled_reason IS NOT NULL
            OR client.is_disabled
    )

-- ended --
UPDATE delivery
SET ended_at = ended_at + :by
WHERE ended_at >= :began
    AND ended_at <= :until
