SELECT
  CAST(DATE_TRUNC('MONTH', shown._day) AS DATE) AS date_month,
  CAST(SUM(found._p0) AS DOUBLE) AS net_revenue_28d
FROM (
  SELECT
    MAX(days._day) AS _day
  FROM (
    SELECT
      CAST(DATEADD(
        DAY,
        CAST(value AS INT),
        (
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
        )
      ) AS DATE) AS _day
    FROM TABLE(
      FLATTEN(
        INPUT => ARRAY_GENERATE_RANGE(
          0,
          DATEDIFF(
            DAY,
            (
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
            ),
            CAST(CAST('2026-06-30' AS DATE) AS DATE)
          ) + 1
        )
      )
    )
  ) AS days
  GROUP BY
    CAST(DATE_TRUNC('MONTH', days._day) AS DATE)
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
  ON found._k0 <= shown._day
  AND found._k0 > CAST(DATEADD(DAY, -28, shown._day) AS DATE)
GROUP BY
  1
ORDER BY
  1 ASC
