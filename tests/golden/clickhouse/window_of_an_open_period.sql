SELECT
  CAST(dateTrunc('MONTH', shown._day) AS Nullable(Date32)) AS date_month,
  CAST(SUM(found._p0) AS Nullable(Float64)) AS net_revenue_28d
FROM (
  SELECT
    MAX(days._day) AS _day
  FROM (
    SELECT
      addDays(
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
                orders.order_date < CAST('2026-07-01' AS Nullable(Date32))
                AND NOT orders.is_test
                AND orders.status <> 'cancelled'
                AND orders.status <> 'returned'
              GROUP BY
                1
            ) AS daily
          ) AS edges
        ),
        number
      ) AS _day
    FROM numbers(
      0,
      GREATEST(
        0,
        COALESCE(
          DATE_DIFF(
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
                    orders.order_date < CAST('2026-07-01' AS Nullable(Date32))
                    AND NOT orders.is_test
                    AND orders.status <> 'cancelled'
                    AND orders.status <> 'returned'
                  GROUP BY
                    1
                ) AS daily
              ) AS edges
            ),
            CAST(CAST('2026-06-30' AS Nullable(Date32)) AS Nullable(Date32))
          ) + 1,
          0
        )
      )
    )
  ) AS days
  GROUP BY
    CAST(dateTrunc('MONTH', days._day) AS Nullable(Date32))
) AS shown
JOIN (
  SELECT
    orders.order_date AS _k0,
    SUM(orders.net_sales) AS _p0
  FROM fct_order AS orders
  WHERE
    orders.order_date < CAST('2026-07-01' AS Nullable(Date32))
    AND NOT orders.is_test
    AND orders.status <> 'cancelled'
    AND orders.status <> 'returned'
  GROUP BY
    1
) AS found
  ON found._k0 <= shown._day AND found._k0 > addDays(shown._day, -28)
GROUP BY
  1
ORDER BY
  1 ASC
