SELECT
  facts.date_month AS date_month,
  facts._t0 AS _t0,
  CAST(MAX(facts._m0) AS DOUBLE) AS points_on_average
FROM (
  SELECT
    facts.date_month AS date_month,
    0 AS _t0,
    CAST(SUM(facts._m0) AS DOUBLE) / NULLIF(COUNT(facts._m0), 0) AS _m0
  FROM (
    SELECT
      daily.date_month AS date_month,
      daily._day AS _day,
      SUM(daily._m0) AS _m0
    FROM (
      SELECT
        DATE_TRUNC('MONTH', found._day) AS date_month,
        found._day AS _day,
        found._m0 AS _m0
      FROM (
        SELECT
          point_balances.earned_on AS _day,
          point_balances.points AS _m0
        FROM (
          SELECT
            point_id,
            earned_on,
            points
          FROM points
        ) AS point_balances
      ) AS found
    ) AS daily
    GROUP BY
      1,
      2
  ) AS facts
  GROUP BY
    facts.date_month
  UNION ALL
  SELECT
    CAST(NULL AS DATE) AS date_month,
    1 AS _t0,
    CAST(SUM(facts._m0) AS DOUBLE) / NULLIF(COUNT(facts._m0), 0) AS _m0
  FROM (
    SELECT
      daily._day AS _day,
      SUM(daily._m0) AS _m0
    FROM (
      SELECT
        found._day AS _day,
        found._m0 AS _m0
      FROM (
        SELECT
          point_balances.earned_on AS _day,
          point_balances.points AS _m0
        FROM (
          SELECT
            point_id,
            earned_on,
            points
          FROM points
        ) AS point_balances
      ) AS found
    ) AS daily
    GROUP BY
      1
  ) AS facts
) AS facts
GROUP BY
  1,
  2
ORDER BY
  2 ASC,
  1 ASC
