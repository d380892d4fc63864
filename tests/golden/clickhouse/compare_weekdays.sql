SELECT
  facts.date_day AS date_day,
  CAST(MAX(facts._m0) AS Nullable(Float64)) AS net_revenue,
  CAST(MAX(facts._m1) AS Nullable(Float64)) AS net_revenue_last_year
FROM (
  SELECT
    orders.order_date AS date_day,
    SUM(orders.net_sales) AS _m0,
    NULL AS _m1
  FROM fct_order AS orders
  WHERE
    orders.order_date >= CAST('2026-06-24' AS Nullable(Date32))
    AND orders.order_date < CAST('2026-07-01' AS Nullable(Date32))
    AND NOT orders.is_test
    AND orders.status <> 'cancelled'
    AND orders.status <> 'returned'
  GROUP BY
    1
  UNION ALL
  SELECT
    addDays(orders.order_date, 364) AS date_day,
    NULL AS _m0,
    SUM(orders.net_sales) AS _m1
  FROM fct_order AS orders
  WHERE
    orders.order_date >= CAST('2025-06-25' AS Nullable(Date32))
    AND orders.order_date < CAST('2025-07-02' AS Nullable(Date32))
    AND NOT orders.is_test
    AND orders.status <> 'cancelled'
    AND orders.status <> 'returned'
  GROUP BY
    1
) AS facts
GROUP BY
  1
ORDER BY
  1 ASC
