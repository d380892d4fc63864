SELECT
  found._k0 AS channel,
  CAST(DATEADD(DAY, 1 - DAYOFWEEKISO(shown._day), shown._day) AS DATE) AS date_week,
  CAST(SUM(
    CASE
      WHEN found._k1 >= CAST(DATEADD(DAY, 1 - DAYOFWEEKISO(shown._day), shown._day) AS DATE)
      THEN found._p0
    END
  ) AS DOUBLE) AS net_revenue,
  CAST(SUM(found._p0) AS DOUBLE) AS net_revenue_28d
FROM (
  SELECT
    MAX(days._day) AS _day
  FROM (
    SELECT
      CAST(DATEADD(DAY, CAST(value AS INT), CAST(CAST('2026-06-01' AS DATE) AS DATE)) AS DATE) AS _day
    FROM TABLE(
      FLATTEN(
        INPUT => ARRAY_GENERATE_RANGE(
          0,
          DATEDIFF(
            DAY,
            CAST(CAST('2026-06-01' AS DATE) AS DATE),
            CAST(CAST('2026-06-28' AS DATE) AS DATE)
          ) + 1
        )
      )
    )
  ) AS days
  GROUP BY
    CAST(DATEADD(DAY, 1 - DAYOFWEEKISO(days._day), days._day) AS DATE)
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
    orders.order_date >= CAST('2026-05-05' AS DATE)
    AND orders.order_date < CAST('2026-06-29' AS DATE)
    AND NOT orders.is_test
    AND orders.status <> 'cancelled'
    AND orders.status <> 'returned'
  GROUP BY
    1,
    2
) AS found
  ON found._k1 <= shown._day
  AND found._k1 > CAST(DATEADD(DAY, -28, shown._day) AS DATE)
GROUP BY
  1,
  2
ORDER BY
  2 ASC,
  1 ASC
