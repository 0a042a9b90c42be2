-- endpoints --
-- Some endpoints that are sent to, in the order of their numbers.
SELECT registration.id
FROM registration
JOIN client ON client.id = registration.client_id
WHERE registration.id > :after
    AND NOT (registration.is_paused OR registration.disabled_reason IS NOT NULL OR client.is_disabled)
ORDER BY registration.id
LIMIT :most

-- oldest_sqlite --
SELECT delivery.id
FROM GIVEN
CROSS JOIN delivery
WHERE delivery.rowid IN (
        SELECT due.rowid FROM delivery AS due
        WHERE due.registration_id = given.id AND due.state = (SELECT 'pending') AND due.next_attempt_at <= :at
        ORDER BY due.next_attempt_at
        LIMIT :most
    )
    OR delivery.rowid IN (
        SELECT interrupted.rowid FROM delivery AS interrupted
        WHERE interrupted.registration_id = given.id AND interrupted.state = (SELECT 'sending')
        LIMIT :most
    )

-- oldest_postgresql --
-- What is `sending` has no time.
SELECT oldest.id
FROM GIVEN
CROSS JOIN LATERAL (
    (
        SELECT delivery.id FROM delivery
        WHERE delivery.registration_id = given.id
            AND delivery.state = (SELECT 'pending')
            AND delivery.next_attempt_at <= :at
        ORDER BY delivery.next_attempt_at
        LIMIT :most
    )
    UNION ALL
    (
        SELECT delivery.id FROM delivery
        WHERE delivery.registration_id = given.id
            AND delivery.state = (SELECT 'sending')
        LIMIT :most
    )
) AS oldest
