SELECT
  facts.date_week AS date_week,
  CAST(MAX(facts._m0) - MAX(facts._m1) AS Nullable(Float64)) AS since_start
FROM (
  SELECT
    CAST(dateTrunc('WEEK', found._day) AS Nullable(Date32)) AS date_week,
    SUM(found._m0) AS _m0,
    NULL AS _m1
  FROM (
    SELECT
      dated._day AS _day,
      dated._m0 AS _m0,
      MAX(dated._day) OVER (PARTITION BY CAST(dateTrunc('WEEK', dated._day) AS Nullable(Date32))) AS _last
    FROM (
      SELECT
        subscription_days.day AS _day,
        subscription_days.monthly AS _m0
      FROM subscription_days
      WHERE
        subscription_days.day >= CAST('2026-03-02' AS Nullable(Date32))
        AND subscription_days.day < CAST('2026-04-20' AS Nullable(Date32))
    ) AS dated
  ) AS found
  WHERE
    found._day = found._last
  GROUP BY
    1
  UNION ALL
  SELECT
    CAST(dateTrunc('WEEK', shown._day) AS Nullable(Date32)) AS date_week,
    NULL AS _m0,
    SUM(found._m1) AS _m1
  FROM (
    SELECT
      MIN(days._day) AS _day
    FROM (
      SELECT
        addDays(CAST(CAST('2026-03-02' AS Nullable(Date32)) AS Nullable(Date32)), number) AS _day
      FROM numbers(
        0,
        GREATEST(
          0,
          COALESCE(
            DATE_DIFF(
              DAY,
              CAST(CAST('2026-03-02' AS Nullable(Date32)) AS Nullable(Date32)),
              CAST(CAST('2026-04-19' AS Nullable(Date32)) AS Nullable(Date32))
            ) + 1,
            0
          )
        )
      )
    ) AS days
    GROUP BY
      CAST(dateTrunc('WEEK', days._day) AS Nullable(Date32))
  ) AS shown
  JOIN (
    SELECT
      subscription_days.day AS _day,
      subscription_days.monthly AS _m1
    FROM subscription_days
    WHERE
      subscription_days.day >= CAST('2026-03-01' AS Nullable(Date32))
      AND subscription_days.day < CAST('2026-04-02' AS Nullable(Date32))
  ) AS found
    ON found._day = CAST(dateTrunc('MONTH', shown._day) AS Nullable(Date32))
  GROUP BY
    1
) AS facts
GROUP BY
  1
ORDER BY
  1 ASC
