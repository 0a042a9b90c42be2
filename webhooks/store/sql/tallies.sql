-- add --
-- WHERE true: SQLite would take ON for the condition of a join.
INSERT INTO tally (series, endpoint, what, at, outcome, process, number, duration)
SELECT series, endpoint, what, at, outcome, process, number, duration
FROM GIVEN
WHERE true
ON CONFLICT (series, endpoint, what, at, outcome, process) DO UPDATE
SET number = tally.number + excluded.number, duration = tally.duration + excluded.duration

-- read --
SELECT at - at % :step AS began, outcome, sum(number), sum(duration)
FROM tally
WHERE series = :series AND endpoint = :endpoint AND what = :what AND at >= :since AND at < :until
GROUP BY at - at % :step, outcome
ORDER BY began, outcome

-- by_endpoint --
SELECT outcome, sum(number)
FROM tally
WHERE series = 'endpoint' AND endpoint = :endpoint AND what = 'attempt' AND at >= :since
GROUP BY outcome

-- old --
DELETE FROM tally
WHERE (series, endpoint, what, at, outcome, process) IN (
    SELECT series, endpoint, what, at, outcome, process
    FROM tally
    WHERE series = :series AND at < :before
    LIMIT :most
)
