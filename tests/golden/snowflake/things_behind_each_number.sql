SELECT
  facts.date_month AS date_month,
  CAST(MAX(facts._m0) AS DOUBLE) AS revenue,
  CAST(MAX(facts._m2) AS BIGINT) AS units,
  CAST(MAX(facts._m1) AS DOUBLE) AS _g0,
  CAST(MAX(facts._m3) AS DOUBLE) AS _g1
FROM (
  SELECT
    CAST(DATE_TRUNC('MONTH', orders.order_day) AS DATE) AS date_month,
    SUM(orders.amount) AS _m0,
    COUNT(DISTINCT CASE WHEN NOT orders.amount IS NULL THEN orders.customer_id END) AS _m1,
    CAST(NULL AS BIGINT) AS _m2,
    CAST(NULL AS BIGINT) AS _m3
  FROM orders
  WHERE
    orders.order_day >= CAST('2026-03-01' AS DATE)
    AND orders.order_day < CAST('2026-05-01' AS DATE)
    AND NOT orders.is_test
  GROUP BY
    1
  UNION ALL
  SELECT
    CAST(DATE_TRUNC('MONTH', lines.order_day) AS DATE) AS date_month,
    CAST(NULL AS DECIMAL(38, 4)) AS _m0,
    CAST(NULL AS BIGINT) AS _m1,
    SUM(lines.quantity) AS _m2,
    COUNT(DISTINCT CASE WHEN NOT lines.quantity IS NULL THEN orders.customer_id END) AS _m3
  FROM (
    SELECT
      l.order_id,
      l.line_no,
      l.product,
      l.quantity,
      l.net,
      o.ordered_at,
      o.order_day
    FROM lines AS l
    LEFT JOIN orders AS o
      ON o.order_id = l.order_id
  ) AS lines
  LEFT JOIN orders
    ON orders.order_id = lines.order_id
  WHERE
    lines.order_day >= CAST('2026-03-01' AS DATE)
    AND lines.order_day < CAST('2026-05-01' AS DATE)
  GROUP BY
    1
) AS facts
GROUP BY
  1
ORDER BY
  1 ASC
