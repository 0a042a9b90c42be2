-- first --
SELECT min(parked_for)
FROM composition
WHERE parked_for > :after

-- unexplained --
SELECT event_sequence, version
FROM composition
WHERE parked_for = :code
    AND (reason IS NULL OR reason <> :reason)
LIMIT :most

-- explain --
-- For CASE see `beside` in `bulk.py`.
UPDATE composition
SET reason = :reason
FROM GIVEN
WHERE composition.event_sequence = given.sequence
    AND composition.version = given.version
    AND CASE WHEN composition.parked_for = :code THEN true ELSE false END
RETURNING composition.event_sequence, composition.version

-- explain_deliveries --
UPDATE delivery
SET reason = :reason
FROM GIVEN
WHERE delivery.event_sequence = given.sequence
    AND delivery.version = given.version
    AND CASE WHEN delivery.state = 'pending' THEN true ELSE false END

-- count --
-- Of one code, no more than some.
SELECT count(*), max(reason)
FROM (
    SELECT reason
    FROM composition
    WHERE parked_for = :code
    ORDER BY failures DESC
    LIMIT :most
) AS looked
