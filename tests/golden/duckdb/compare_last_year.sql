SELECT
  facts.date_month AS date_month,
  CAST(MAX(facts._m0) AS DOUBLE) AS net_revenue,
  CAST(MAX(facts._m1) AS DOUBLE) AS net_revenue_last_year
FROM (
  WITH _days0 AS (
    SELECT
      orders.order_date AS _k0,
      SUM(orders.net_sales) AS _p0
    FROM fct_order AS orders
    WHERE
      orders.order_date >= CAST('2024-06-01' AS DATE)
      AND orders.order_date < CAST('2026-07-01' AS DATE)
      AND NOT orders.is_test
      AND orders.status <> 'cancelled'
      AND orders.status <> 'returned'
    GROUP BY
      1
  )
  SELECT
    CAST(DATE_TRUNC('MONTH', orders._k0) AS DATE) AS date_month,
    SUM(orders._p0) FILTER(WHERE
      orders._k0 >= CAST('2025-06-01' AS DATE)) AS _m0,
    CAST(NULL AS DECIMAL(38, 4)) AS _m1
  FROM _days0 AS orders
  GROUP BY
    1
  HAVING
    COUNT(*) FILTER(WHERE
      orders._k0 >= CAST('2025-06-01' AS DATE)) > 0
  UNION ALL
  SELECT
    CAST(DATE_TRUNC('MONTH', CAST(orders._k0 + INTERVAL '12' MONTH AS DATE)) AS DATE) AS date_month,
    CAST(NULL AS DECIMAL(38, 4)) AS _m0,
    SUM(orders._p0) FILTER(WHERE
      orders._k0 < CAST('2025-07-01' AS DATE)) AS _m1
  FROM _days0 AS orders
  GROUP BY
    1
  HAVING
    COUNT(*) FILTER(WHERE
      orders._k0 < CAST('2025-07-01' AS DATE)) > 0
) AS facts
GROUP BY
  1
ORDER BY
  1 ASC
