SELECT
  found._k0 AS channel,
  CAST(dateTrunc('MONTH', shown._day) AS Nullable(Date32)) AS date_month,
  CAST(SUM(found._p0) AS Nullable(Float64)) AS revenue_28d_at_first
FROM (
  SELECT
    MIN(days._day) AS _day
  FROM (
    SELECT
      addDays(CAST(CAST('2026-03-01' AS Nullable(Date32)) AS Nullable(Date32)), number) AS _day
    FROM numbers(
      0,
      GREATEST(
        0,
        COALESCE(
          DATE_DIFF(
            DAY,
            CAST(CAST('2026-03-01' AS Nullable(Date32)) AS Nullable(Date32)),
            CAST(CAST('2026-04-30' AS Nullable(Date32)) AS Nullable(Date32))
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
    channels.channel AS _k0,
    orders.order_day AS _k1,
    SUM(orders.amount) AS _p0
  FROM orders
  LEFT JOIN channels
    ON channels.channel_key = orders.channel_key
  WHERE
    orders.order_day >= CAST('2026-02-02' AS Nullable(Date32))
    AND orders.order_day < CAST('2026-05-01' AS Nullable(Date32))
    AND NOT orders.is_test
  GROUP BY
    1,
    2
) AS found
  ON found._k1 <= shown._day AND found._k1 > addDays(shown._day, -28)
GROUP BY
  1,
  2
ORDER BY
  2 ASC,
  1 ASC
