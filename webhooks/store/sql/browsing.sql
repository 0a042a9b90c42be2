-- endpoints --
SELECT registration.*, client.name AS client, client.is_disabled, client.disabled_at
FROM registration
JOIN client ON client.id = registration.client_id
ORDER BY client.name, registration.url

-- every_event --
SELECT registration_id, event FROM registered_event ORDER BY id

-- endpoint --
SELECT registration.*, client.name AS client, client.is_disabled, client.disabled_at
FROM registration
JOIN client ON client.id = registration.client_id
WHERE registration.id = :id

-- events --
SELECT event FROM registered_event WHERE registration_id = :id ORDER BY id

-- dead --
-- The index on dead deliveries has them in the order of their ending.
SELECT client.name AS client, found.client_id, found.url, found.reason,
    count(*) AS number, min(found.ended_at) AS first_at, max(found.ended_at) AS last_at
FROM (
    SELECT client_id, url, reason, ended_at
    FROM delivery
    WHERE state = 'dead' AND ended_at IS NOT NULL
    ORDER BY ended_at DESC
    LIMIT :most
) AS found
JOIN client ON client.id = found.client_id
GROUP BY client.name, found.client_id, found.url, found.reason
ORDER BY count(*) DESC, max(found.ended_at) DESC

-- dead_ids --
SELECT id
FROM delivery
WHERE state = 'dead' AND ended_at <= :until
    AND client_id = :client_id AND url = :url AND coalesce(reason, '') = :reason
ORDER BY ended_at
LIMIT :most

-- body --
SELECT composition.body, composition.event_sequence, composition.version
FROM delivery
JOIN composition ON composition.event_sequence = delivery.event_sequence AND composition.version = delivery.version
WHERE delivery.id = :id

-- bodies --
SELECT delivery.id, composition.body, composition.event_sequence, composition.version
FROM delivery
JOIN composition ON composition.event_sequence = delivery.event_sequence AND composition.version = delivery.version
WHERE delivery.id IN :ids AND composition.body IS NOT NULL
