SELECT
  TRUNC(shown._day, 'MONTH') AS date_month,
  CAST(SUM(found._p0) AS DOUBLE) AS net_revenue_28d
FROM (
  SELECT
    MAX(days._day) AS _day
  FROM (
    SELECT
      EXPLODE(
        SEQUENCE(
          CAST((
            SELECT
              MIN(edges._day)
            FROM (
              SELECT
                daily._k0 AS _day
              FROM (
                SELECT
                  orders.order_date AS _k0,
                  SUM(orders.net_sales) AS _p0
                FROM fct_order AS orders
                WHERE
                  orders.order_date < CAST('2026-07-01' AS DATE)
                  AND NOT orders.is_test
                  AND orders.status <> 'cancelled'
                  AND orders.status <> 'returned'
                GROUP BY
                  1
              ) AS daily
            ) AS edges
          ) AS DATE),
          CAST(CAST('2026-06-30' AS DATE) AS DATE),
          INTERVAL '1' DAY
        )
      ) AS _day
  ) AS days
  GROUP BY
    TRUNC(days._day, 'MONTH')
) AS shown
JOIN (
  SELECT
    orders.order_date AS _k0,
    SUM(orders.net_sales) AS _p0
  FROM fct_order AS orders
  WHERE
    orders.order_date < CAST('2026-07-01' AS DATE)
    AND NOT orders.is_test
    AND orders.status <> 'cancelled'
    AND orders.status <> 'returned'
  GROUP BY
    1
) AS found
  ON found._k0 <= shown._day AND found._k0 > DATE_ADD(shown._day, -28)
GROUP BY
  1
ORDER BY
  1 ASC NULLS LAST
