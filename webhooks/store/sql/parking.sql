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
-- For CASE see `compositions.py`.
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
SELECT parked_for, count(*), max(reason)
FROM composition
WHERE parked_for IS NOT NULL
GROUP BY parked_for
