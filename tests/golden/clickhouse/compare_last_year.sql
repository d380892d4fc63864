SELECT
  facts.date_month AS date_month,
  CAST(MAX(facts._m0) AS Nullable(Float64)) AS net_revenue,
  CAST(MAX(facts._m1) AS Nullable(Float64)) AS net_revenue_last_year
FROM (
  WITH _days0 AS (
    SELECT
      orders.order_date AS _k0,
      SUM(orders.net_sales) AS _p0
    FROM fct_order AS orders
    WHERE
      orders.order_date >= CAST('2024-06-01' AS Nullable(Date32))
      AND orders.order_date < CAST('2026-07-01' AS Nullable(Date32))
      AND NOT orders.is_test
      AND orders.status <> 'cancelled'
      AND orders.status <> 'returned'
    GROUP BY
      1
  )
  SELECT
    CAST(dateTrunc('MONTH', orders._k0) AS Nullable(Date32)) AS date_month,
    SUM(orders._p0) AS _m0,
    NULL AS _m1
  FROM _days0 AS orders
  WHERE
    orders._k0 >= CAST('2025-06-01' AS Nullable(Date32))
  GROUP BY
    1
  UNION ALL
  SELECT
    CAST(dateTrunc('MONTH', addMonths(orders._k0, 12)) AS Nullable(Date32)) AS date_month,
    NULL AS _m0,
    SUM(orders._p0) AS _m1
  FROM _days0 AS orders
  WHERE
    orders._k0 < CAST('2025-07-01' AS Nullable(Date32))
  GROUP BY
    1
) AS facts
GROUP BY
  1
ORDER BY
  1 ASC
