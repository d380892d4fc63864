SELECT
  found._k0 AS channel,
  shown._day AS date_month,
  CAST(SUM(found._p0) AS DOUBLE) AS revenue_ever
FROM (
  SELECT
    CAST(UNNEST(
      GENERATE_SERIES(CAST('2026-03-01' AS DATE), CAST('2026-04-30' AS DATE), INTERVAL '1' MONTH)
    ) AS DATE) AS _day
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
    orders.order_day < CAST('2026-05-01' AS DATE) AND NOT orders.is_test
  GROUP BY
    1,
    2
) AS found
  ON found._k1 < CAST(shown._day + INTERVAL '1' MONTH AS DATE)
GROUP BY
  1,
  2
ORDER BY
  2 ASC,
  1 ASC
