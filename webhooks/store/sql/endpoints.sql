-- find --
SELECT registration.id, registration.client_id, registration.method, registration.secret,
    registration.signing_key, registration.previous_signing_key, registration.previous_key_until,
    client.networks, client.ports, client.url_patterns, registration.failing_since, registration.is_paused,
    registration.disabled_reason IS NOT NULL, client.is_disabled
FROM GIVEN
CROSS JOIN registration
JOIN client ON client.id = registration.client_id
WHERE registration.id = given.id

-- tell --
-- An endpoint may have asked for time while other attempts were under way. Their ends make that time no shorter.
UPDATE registration
SET failing_since = CASE
        WHEN given.has_taken THEN given.failed_at
        ELSE coalesce(registration.failing_since, given.failed_at)
    END,
    waits_until = CASE
        WHEN coalesce(registration.waits_until, 0) < given.waits_until THEN given.waits_until
        ELSE registration.waits_until
    END
FROM GIVEN
WHERE registration.id = given.id
    AND (
        coalesce(registration.waits_until, 0) < given.waits_until
        OR given.has_taken AND registration.failing_since IS NOT NULL
        OR given.failed_at IS NOT NULL AND (given.has_taken OR registration.failing_since IS NULL)
    )

-- disable --
UPDATE registration
SET disabled_reason = :reason, held_since = coalesce(held_since, :at)
WHERE id = :id
    AND disabled_reason IS NULL
    AND (CAST(:since AS bigint) IS NULL OR failing_since = :since)
RETURNING id
