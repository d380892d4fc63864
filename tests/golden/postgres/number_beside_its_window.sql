SELECT
  found._k0 AS channel,
  CAST(DATE_TRUNC('WEEK', shown._day) AS DATE) AS date_week,
  CAST(SUM(found._p0) FILTER(WHERE
    found._k1 >= CAST(DATE_TRUNC('WEEK', shown._day) AS DATE)) AS DOUBLE PRECISION) AS net_revenue,
  CAST(SUM(found._p0) AS DOUBLE PRECISION) AS net_revenue_28d
FROM (
  SELECT
    MAX(days._day) AS _day
  FROM (
    SELECT
      CAST(_day AS DATE) AS _day
    FROM GENERATE_SERIES(
      CAST(CAST(CAST('2026-06-01' AS DATE) AS DATE) AS TIMESTAMP),
      CAST(CAST(CAST('2026-06-28' AS DATE) AS DATE) AS TIMESTAMP),
      INTERVAL '1 DAY'
    ) AS t(_day)
  ) AS days
  GROUP BY
    CAST(DATE_TRUNC('WEEK', days._day) AS DATE)
) AS shown
JOIN (
  SELECT
    channels.channel COLLATE "C" AS _k0,
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
  AND found._k1 > CAST(shown._day + INTERVAL '-28 DAY' AS DATE)
GROUP BY
  1,
  2
ORDER BY
  2 ASC,
  1 ASC
