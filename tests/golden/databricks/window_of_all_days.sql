SELECT
  found._k0 AS channel,
  TRUNC(shown._day, 'MONTH') AS date_month,
  CAST(SUM(found._p0) AS DOUBLE) AS revenue_ever
FROM (
  SELECT
    MAX(days._day) AS _day
  FROM (
    SELECT
      EXPLODE(
        SEQUENCE(
          CAST(CAST('2026-03-01' AS DATE) AS DATE),
          CAST(CAST('2026-04-30' AS DATE) AS DATE),
          INTERVAL '1' DAY
        )
      ) AS _day
  ) AS days
  GROUP BY
    TRUNC(days._day, 'MONTH')
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
  ON found._k1 <= shown._day
GROUP BY
  1,
  2
ORDER BY
  2 ASC NULLS LAST,
  1 ASC NULLS LAST
