SELECT
  facts.date_part_day_number AS date_part_day_number,
  CAST(MAX(facts._m0) AS DOUBLE PRECISION) AS net_revenue,
  CAST(MAX(facts._m1) AS DOUBLE PRECISION) AS net_revenue_period
FROM (
  SELECT
    CAST(DATEDIFF(DAY, CAST(CAST('2026-05-01' AS DATE) AS DATE), orders._k0) + 1 AS BIGINT) AS date_part_day_number,
    SUM(orders._p0) AS _m0,
    CAST(NULL AS DECIMAL(38, 4)) AS _m1
  FROM (
    SELECT
      orders.order_date AS _k0,
      SUM(orders.net_sales) AS _p0
    FROM fct_order AS orders
    WHERE
      orders.order_date >= CAST('2026-05-01' AS DATE)
      AND orders.order_date < CAST('2026-05-15' AS DATE)
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
    CAST(DATEDIFF(DAY, CAST(CAST('2025-04-24' AS DATE) AS DATE), orders._k0) + 1 AS BIGINT) AS date_part_day_number,
    CAST(NULL AS DECIMAL(38, 4)) AS _m0,
    SUM(orders._p0) AS _m1
  FROM (
    SELECT
      orders.order_date AS _k0,
      SUM(orders.net_sales) AS _p0
    FROM fct_order AS orders
    WHERE
      orders.order_date >= CAST('2025-04-24' AS DATE)
      AND orders.order_date < CAST('2025-05-08' AS DATE)
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
