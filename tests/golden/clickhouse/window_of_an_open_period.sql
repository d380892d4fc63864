SELECT
  CAST(dateTrunc('MONTH', shown._day) AS Nullable(Date32)) AS date_month,
  CAST(SUM(found._m0) AS Nullable(Float64)) AS net_revenue_28d
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
              daily._day AS _day,
              SUM(daily._m0) AS _m0
            FROM (
              SELECT
                orders.order_date AS _day,
                orders.net_sales AS _m0
              FROM fct_order AS orders
              WHERE
                orders.order_date < CAST('2026-07-01' AS Nullable(Date32))
                AND NOT orders.is_test
                AND orders.status <> 'cancelled'
                AND orders.status <> 'returned'
            ) AS daily
            GROUP BY
              1
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
                  daily._day AS _day,
                  SUM(daily._m0) AS _m0
                FROM (
                  SELECT
                    orders.order_date AS _day,
                    orders.net_sales AS _m0
                  FROM fct_order AS orders
                  WHERE
                    orders.order_date < CAST('2026-07-01' AS Nullable(Date32))
                    AND NOT orders.is_test
                    AND orders.status <> 'cancelled'
                    AND orders.status <> 'returned'
                ) AS daily
                GROUP BY
                  1
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
    daily._day AS _day,
    SUM(daily._m0) AS _m0
  FROM (
    SELECT
      orders.order_date AS _day,
      orders.net_sales AS _m0
    FROM fct_order AS orders
    WHERE
      orders.order_date < CAST('2026-07-01' AS Nullable(Date32))
      AND NOT orders.is_test
      AND orders.status <> 'cancelled'
      AND orders.status <> 'returned'
  ) AS daily
  GROUP BY
    1
) AS found
  ON found._day <= shown._day AND found._day > addDays(shown._day, -28)
GROUP BY
  1
ORDER BY
  1 ASC
