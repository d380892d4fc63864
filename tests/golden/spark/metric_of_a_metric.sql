WITH _per0 AS (
  SELECT
    orders.customer_id AS _k0,
    COUNT(*) AS _value
  FROM fct_order AS orders
  WHERE
    NOT orders.is_test AND orders.status <> 'cancelled'
  GROUP BY
    1
)
SELECT
  facts.date_month AS date_month,
  CAST(COALESCE(MAX(facts._m0), 0) AS DOUBLE) / NULLIF(CAST(COALESCE(MAX(facts._m1), 0) AS DOUBLE), 0) AS repeat_rate,
  CAST(COALESCE(MAX(facts._m0), 0) AS DOUBLE) AS _s0,
  CAST(COALESCE(MAX(facts._m1), 0) AS DOUBLE) AS _s1
FROM (
  SELECT
    TRUNC(orders.order_date, 'MONTH') AS date_month,
    COUNT(DISTINCT orders.customer_id) AS _m0,
    CAST(NULL AS BIGINT) AS _m1
  FROM fct_order AS orders
  WHERE
    orders.order_date >= CAST('2026-04-01' AS DATE)
    AND orders.order_date < CAST('2026-07-01' AS DATE)
    AND NOT orders.is_test
    AND orders.status <> 'cancelled'
    AND EXISTS(
      SELECT
        1
      FROM _per0 AS members
      WHERE
        members._k0 = orders.customer_id AND members._value >= 2
    )
  GROUP BY
    1
  UNION ALL
  SELECT
    TRUNC(orders.order_date, 'MONTH') AS date_month,
    CAST(NULL AS BIGINT) AS _m0,
    COUNT(DISTINCT orders.customer_id) AS _m1
  FROM fct_order AS orders
  WHERE
    orders.order_date >= CAST('2026-04-01' AS DATE)
    AND orders.order_date < CAST('2026-07-01' AS DATE)
    AND NOT orders.is_test
    AND orders.status <> 'cancelled'
  GROUP BY
    1
) AS facts
GROUP BY
  1
ORDER BY
  1 ASC NULLS LAST
