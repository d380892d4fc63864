SELECT
  found._k0 AS channel,
  CAST(dateTrunc('WEEK', shown._day) AS Nullable(Date32)) AS date_week,
  CAST(SUM(
    CASE
      WHEN found._k1 >= CAST(dateTrunc('WEEK', shown._day) AS Nullable(Date32))
      THEN found._p0
    END
  ) AS Nullable(Float64)) AS net_revenue,
  CAST(SUM(found._p0) AS Nullable(Float64)) AS net_revenue_28d
FROM (
  SELECT
    MAX(days._day) AS _day
  FROM (
    SELECT
      addDays(CAST(CAST('2026-06-01' AS Nullable(Date32)) AS Nullable(Date32)), number) AS _day
    FROM numbers(
      0,
      GREATEST(
        0,
        COALESCE(
          DATE_DIFF(
            DAY,
            CAST(CAST('2026-06-01' AS Nullable(Date32)) AS Nullable(Date32)),
            CAST(CAST('2026-06-28' AS Nullable(Date32)) AS Nullable(Date32))
          ) + 1,
          0
        )
      )
    )
  ) AS days
  GROUP BY
    CAST(dateTrunc('WEEK', days._day) AS Nullable(Date32))
) AS shown
JOIN (
  SELECT
    channels.channel AS _k0,
    orders.order_date AS _k1,
    SUM(orders.net_sales) AS _p0
  FROM fct_order AS orders
  LEFT JOIN dim_channel AS channels
    ON channels.channel_key = orders.channel_key
  WHERE
    orders.order_date >= CAST('2026-05-05' AS Nullable(Date32))
    AND orders.order_date < CAST('2026-06-29' AS Nullable(Date32))
    AND NOT orders.is_test
    AND orders.status <> 'cancelled'
    AND orders.status <> 'returned'
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
