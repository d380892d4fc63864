SELECT
  facts.device AS device,
  facts.date_month AS date_month,
  CAST(MAX(facts._m0) AS DOUBLE PRECISION) AS revenue
FROM (
  WITH _leg0 AS (
    SELECT
      orders._k0 AS device,
      CAST(DATE_TRUNC('MONTH', orders._k1) AS DATE) AS date_month,
      SUM(orders._p0) AS _m0
    FROM (
      SELECT
        orders.device AS _k0,
        orders.order_day AS _k1,
        SUM(orders.amount) AS _p0
      FROM orders
      WHERE
        orders.order_day >= CAST('2026-03-01' AS DATE)
        AND orders.order_day < CAST('2026-05-01' AS DATE)
        AND NOT orders.is_test
      GROUP BY
        1,
        2
    ) AS orders
    GROUP BY
      1,
      2
  )
  SELECT
    _leg0.device AS device,
    _leg0.date_month AS date_month,
    _leg0._m0 AS _m0
  FROM _leg0
  UNION ALL
  SELECT
    groups.device AS device,
    CAST(DATE_TRUNC('MONTH', days._day) AS DATE) AS date_month,
    CAST(NULL AS DECIMAL(38, 4)) AS _m0
  FROM (
    SELECT
      CAST(calendar.retail_day AS DATE) AS _day
    FROM retail_days AS calendar
    WHERE
      CAST(calendar.retail_day AS DATE) >= CAST('2026-03-01' AS DATE)
      AND CAST(calendar.retail_day AS DATE) < CAST('2026-05-01' AS DATE)
  ) AS days
  CROSS JOIN (
    SELECT
      _leg0.device AS device
    FROM _leg0
    GROUP BY
      1
  ) AS groups
  GROUP BY
    1,
    2
) AS facts
GROUP BY
  1,
  2
ORDER BY
  2 ASC,
  1 ASC
