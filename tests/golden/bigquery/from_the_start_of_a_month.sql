SELECT
  facts.date_week AS date_week,
  CAST(MAX(facts._m0) - MAX(facts._m1) AS FLOAT64) AS since_start
FROM (
  SELECT
    DATE_TRUNC(found._day, ISOWEEK) AS date_week,
    SUM(found._m0) AS _m0,
    CAST(NULL AS BIGNUMERIC) AS _m1
  FROM (
    SELECT
      dated._day AS _day,
      dated._m0 AS _m0,
      MAX(dated._day) OVER (PARTITION BY DATE_TRUNC(dated._day, ISOWEEK)) AS _last
    FROM (
      SELECT
        subscription_days.day AS _day,
        subscription_days.monthly AS _m0
      FROM subscription_days
      WHERE
        subscription_days.day >= CAST('2026-03-02' AS DATE)
        AND subscription_days.day < CAST('2026-04-20' AS DATE)
    ) AS dated
  ) AS found
  WHERE
    found._day = found._last
  GROUP BY
    1
  UNION ALL
  SELECT
    DATE_TRUNC(shown._day, ISOWEEK) AS date_week,
    CAST(NULL AS BIGNUMERIC) AS _m0,
    SUM(found._m1) AS _m1
  FROM (
    SELECT
      MIN(days._day) AS _day
    FROM (
      SELECT
        _day
      FROM UNNEST(GENERATE_DATE_ARRAY(
        CAST(CAST('2026-03-02' AS DATE) AS DATE),
        CAST(CAST('2026-04-19' AS DATE) AS DATE),
        INTERVAL 1 DAY
      )) AS _day
    ) AS days
    GROUP BY
      DATE_TRUNC(days._day, ISOWEEK)
  ) AS shown
  JOIN (
    SELECT
      subscription_days.day AS _day,
      subscription_days.monthly AS _m1
    FROM subscription_days
    WHERE
      subscription_days.day >= CAST('2026-03-01' AS DATE)
      AND subscription_days.day < CAST('2026-04-02' AS DATE)
  ) AS found
    ON found._day = DATE_TRUNC(shown._day, MONTH)
  GROUP BY
    1
) AS facts
GROUP BY
  1
ORDER BY
  1 ASC NULLS LAST
