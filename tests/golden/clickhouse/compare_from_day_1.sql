SELECT
  facts.date_part_day_number AS date_part_day_number,
  CAST(MAX(facts._m0) AS Nullable(Float64)) AS net_revenue,
  CAST(MAX(facts._m1) AS Nullable(Float64)) AS net_revenue_period
FROM (
  SELECT
    CAST(DATE_DIFF(DAY, CAST(CAST('2026-05-01' AS Nullable(Date32)) AS Nullable(Date32)), orders._k0) + 1 AS Nullable(Int64)) AS date_part_day_number,
    SUM(orders._p0) AS _m0,
    NULL AS _m1
  FROM (
    SELECT
      orders.order_date AS _k0,
      SUM(orders.net_sales) AS _p0
    FROM fct_order AS orders
    WHERE
      orders.order_date >= CAST('2026-05-01' AS Nullable(Date32))
      AND orders.order_date < CAST('2026-05-15' AS Nullable(Date32))
      AND NOT orders.is_test
      AND orders.status <> 'cancelled'
      AND orders.status <> 'returned'
    GROUP BY
      1
  ) AS orders
  GROUP BY
    1
  UNION ALL
  SELECT
    CAST(DATE_DIFF(DAY, CAST(CAST('2025-04-24' AS Nullable(Date32)) AS Nullable(Date32)), orders._k0) + 1 AS Nullable(Int64)) AS date_part_day_number,
    NULL AS _m0,
    SUM(orders._p0) AS _m1
  FROM (
    SELECT
      orders.order_date AS _k0,
      SUM(orders.net_sales) AS _p0
    FROM fct_order AS orders
    WHERE
      orders.order_date >= CAST('2025-04-24' AS Nullable(Date32))
      AND orders.order_date < CAST('2025-05-08' AS Nullable(Date32))
      AND NOT orders.is_test
      AND orders.status <> 'cancelled'
      AND orders.status <> 'returned'
    GROUP BY
      1
  ) AS orders
  GROUP BY
    1
) AS facts
GROUP BY
  1
ORDER BY
  1 ASC
