SELECT
  facts.date_week AS date_week,
  CAST(MAX(facts._m0) - MAX(facts._m1) AS DOUBLE) AS since_start
FROM (
  SELECT
    CAST(DATEADD(DAY, 1 - DAYOFWEEKISO(found._day), found._day) AS DATE) AS date_week,
    SUM(found._m0) AS _m0,
    CAST(NULL AS DECIMAL(38, 2)) AS _m1
  FROM (
    SELECT
      dated._day AS _day,
      dated._m0 AS _m0,
      MAX(dated._day) OVER (
        PARTITION BY CAST(DATEADD(DAY, 1 - DAYOFWEEKISO(dated._day), dated._day) AS DATE)
      ) AS _last
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
    CAST(DATEADD(DAY, 1 - DAYOFWEEKISO(shown._day), shown._day) AS DATE) AS date_week,
    CAST(NULL AS DECIMAL(38, 2)) AS _m0,
    SUM(found._m1) AS _m1
  FROM (
    SELECT
      MIN(days._day) AS _day
    FROM (
      SELECT
        CAST(DATEADD(DAY, CAST(value AS INT), CAST(CAST('2026-03-02' AS DATE) AS DATE)) AS DATE) AS _day
      FROM TABLE(
        FLATTEN(
          INPUT => ARRAY_GENERATE_RANGE(
            0,
            DATEDIFF(
              DAY,
              CAST(CAST('2026-03-02' AS DATE) AS DATE),
              CAST(CAST('2026-04-19' AS DATE) AS DATE)
            ) + 1
          )
        )
      )
    ) AS days
    GROUP BY
      CAST(DATEADD(DAY, 1 - DAYOFWEEKISO(days._day), days._day) AS DATE)
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
    ON found._day = CAST(DATE_TRUNC('MONTH', shown._day) AS DATE)
  GROUP BY
    1
) AS facts
GROUP BY
  1
ORDER BY
  1 ASC
