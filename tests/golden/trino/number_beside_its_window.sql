SELECT
  found._k0 AS channel,
  DATE_TRUNC('WEEK', shown._day) AS date_week,
  CAST(SUM(found._p0) FILTER(WHERE
    found._k1 >= DATE_TRUNC('WEEK', shown._day)) AS DOUBLE) AS net_revenue,
  CAST(SUM(found._p0) AS DOUBLE) AS net_revenue_28d
FROM (
  SELECT
    MAX(days._day) AS _day
  FROM (
    SELECT
      _day
    FROM UNNEST(SEQUENCE(
      CAST(CAST('2026-06-01' AS DATE) AS DATE),
      CAST(CAST('2026-06-28' AS DATE) AS DATE),
      INTERVAL '1' DAY
    )) AS t(_day)
  ) AS days
  GROUP BY
    DATE_TRUNC('WEEK', days._day)
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
  ON found._k1 <= shown._day AND found._k1 > DATE_ADD('DAY', -28, shown._day)
GROUP BY
  1,
  2
ORDER BY
  2 ASC,
  1 ASC
