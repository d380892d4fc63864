SELECT
  facts.date_month AS date_month,
  CAST(MAX(facts._m0) AS Nullable(Float64)) AS revenue,
  CAST(MAX(facts._m2) AS Nullable(Int64)) AS units,
  CAST(MAX(facts._m1) AS Nullable(Float64)) AS _g0,
  CAST(MAX(facts._m3) AS Nullable(Float64)) AS _g1
FROM (
  SELECT
    CAST(dateTrunc('MONTH', orders.order_day) AS Nullable(Date32)) AS date_month,
    SUM(orders.amount) AS _m0,
    COUNT(DISTINCT CASE WHEN NOT (
      orders.amount IS NULL
    ) THEN orders.customer_id END) AS _m1,
    NULL AS _m2,
    NULL AS _m3
  FROM orders
  WHERE
    orders.order_day >= CAST('2026-03-01' AS Nullable(Date32))
    AND orders.order_day < CAST('2026-05-01' AS Nullable(Date32))
    AND NOT orders.is_test
  GROUP BY
    1
  UNION ALL
  SELECT
    CAST(dateTrunc('MONTH', lines.order_day) AS Nullable(Date32)) AS date_month,
    NULL AS _m0,
    NULL AS _m1,
    SUM(lines.quantity) AS _m2,
    COUNT(DISTINCT CASE WHEN NOT (
      lines.quantity IS NULL
    ) THEN orders.customer_id END) AS _m3
  FROM (
    SELECT
      l.order_id AS order_id,
      l.line_no AS line_no,
      l.product AS product,
      l.quantity AS quantity,
      l.net AS net,
      o.ordered_at AS ordered_at,
      o.order_day AS order_day
    FROM lines AS l
    LEFT JOIN orders AS o
      ON o.order_id = l.order_id
  ) AS lines
  LEFT JOIN orders
    ON orders.order_id = lines.order_id
  WHERE
    lines.order_day >= CAST('2026-03-01' AS Nullable(Date32))
    AND lines.order_day < CAST('2026-05-01' AS Nullable(Date32))
  GROUP BY
    1
) AS facts
GROUP BY
  1
ORDER BY
  1 ASC
