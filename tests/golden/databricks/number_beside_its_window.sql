SELECT
  found._k0 AS channel,
  TRUNC(shown._day, 'WEEK') AS date_week,
  CAST(SUM(found._p0) FILTER(WHERE
    found._k1 >= TRUNC(shown._day, 'WEEK')) AS DOUBLE) AS net_revenue,
  CAST(SUM(found._p0) AS DOUBLE) AS net_revenue_28d
FROM (
  SELECT
    MAX(days._day) AS _day
  FROM (
    SELECT
      EXPLODE(
        SEQUENCE(
          CAST(CAST('2026-06-01' AS DATE) AS DATE),
          CAST(CAST('2026-06-28' AS DATE) AS DATE),
          INTERVAL '1' DAY
        )
      ) AS _day
  ) AS days
  GROUP BY
    TRUNC(days._day, 'WEEK')
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
  ON found._k1 <= shown._day AND found._k1 > DATE_ADD(shown._day, -28)
GROUP BY
  1,
  2
ORDER BY
  2 ASC NULLS LAST,
  1 ASC NULLS LAST
