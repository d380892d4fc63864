SELECT
  facts.date_day AS date_day,
  CAST(MAX(facts._m0) - MAX(facts._m1) AS Nullable(Float64)) AS month_growth
FROM (
  SELECT
    orders.order_day AS date_day,
    SUM(orders.amount) AS _m0,
    NULL AS _m1
  FROM orders
  WHERE
    orders.order_day >= CAST('2026-03-30' AS Nullable(Date32))
    AND orders.order_day < CAST('2026-05-01' AS Nullable(Date32))
    AND NOT orders.is_test
  GROUP BY
    1
  UNION ALL
  SELECT
    shown._day AS date_day,
    NULL AS _m0,
    SUM(found._p0) AS _m1
  FROM (
    SELECT
      addDays(CAST(CAST('2026-03-30' AS Nullable(Date32)) AS Nullable(Date32)), number) AS _day
    FROM numbers(
      0,
      GREATEST(
        0,
        COALESCE(
          DATE_DIFF(
            DAY,
            CAST(CAST('2026-03-30' AS Nullable(Date32)) AS Nullable(Date32)),
            CAST(CAST('2026-04-30' AS Nullable(Date32)) AS Nullable(Date32))
          ) + 1,
          0
        )
      )
    )
  ) AS shown
  JOIN (
    SELECT
      orders.order_day AS _k0,
      SUM(orders.amount) AS _p0
    FROM orders
    WHERE
      orders.order_day >= CAST('2026-02-28' AS Nullable(Date32))
      AND orders.order_day < CAST('2026-03-31' AS Nullable(Date32))
      AND NOT orders.is_test
    GROUP BY
      1
  ) AS found
    ON found._k0 = addMonths(shown._day, -1)
  GROUP BY
    1
) AS facts
GROUP BY
  1
ORDER BY
  1 ASC
