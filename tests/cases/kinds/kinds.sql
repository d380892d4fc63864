-- A small company from Monday 5 January to Sunday 19 April 2026: numbers by plain arithmetic on the days since.
CREATE SCHEMA IF NOT EXISTS main;
CREATE TABLE days AS
SELECT DATE '2026-01-05' + n AS day, n FROM (SELECT UNNEST(CAST(RANGE(105) AS INTEGER[])) AS n);

-- Ads: two channels, dearer from week to week.
CREATE TABLE ads AS
SELECT day, channel, CAST(CASE channel WHEN 'Search' THEN 100 + n ELSE 60 + n % 7 * 4 END AS DECIMAL(18, 2)) AS cost,
  TIMESTAMPTZ '2026-04-20 06:00:00+02' AS loaded_at
FROM days CROSS JOIN (SELECT UNNEST(['Search', 'Social']) AS channel);

-- Visits: four a day; visitor v1 comes on each even day, v2 on each odd one, the others once.
CREATE TABLE visits AS
SELECT n * 4 + k AS visit_id, day + INTERVAL (8 + k) HOUR AS visited_at, day AS visit_day,
  CASE WHEN k = 0 THEN 'v' || (1 + n % 2) ELSE 'w' || (n * 4 + k) END AS visitor,
  CASE WHEN k < 2 THEN 'Search' ELSE 'Social' END AS channel,
  TIMESTAMPTZ '2026-04-20 06:00:00+02' AS loaded_at
FROM days CROSS JOIN (SELECT UNNEST(CAST(RANGE(4) AS INTEGER[])) AS k);

-- Orders: of every third visit after two days at noon, of every tenth after nine days; none after the last day.
CREATE TABLE orders AS
SELECT visit_id AS order_id, visitor, channel, CAST(80 + visit_id % 9 * 15 + visit_id // 8 AS DECIMAL(18, 2)) AS amount,
  ordered_day, ordered_day + INTERVAL 12 HOUR AS ordered_at, TIMESTAMPTZ '2026-04-20 06:00:00+02' AS loaded_at
FROM (
  SELECT *, CAST(visit_day + CASE WHEN visit_id % 3 = 0 THEN 2 ELSE 9 END AS DATE) AS ordered_day
  FROM visits WHERE visit_id % 3 = 0 OR visit_id % 10 = 1
) WHERE ordered_day <= DATE '2026-04-19';

-- What each subscription is worth on each day: a new one every fifth day, one in four ends after 40 days.
CREATE TABLE subscription_days AS
SELECT d.day, s.n AS subscription, CASE WHEN s.n % 15 = 0 THEN 'Enterprise' ELSE 'Team' END AS plan,
  CAST(CASE WHEN s.n % 15 = 0 THEN 400 ELSE 90 END AS DECIMAL(18, 2)) AS monthly,
  TIMESTAMPTZ '2026-04-20 06:00:00+02' AS loaded_at
FROM days AS d JOIN days AS s ON s.n % 5 = 0 AND s.n <= d.n AND NOT (s.n % 20 = 10 AND d.n - s.n > 40);
