SELECT
  found._k0 AS channel,
  CAST(DATE_TRUNC('MONTH', shown._day) AS DATE) AS date_month,
  CAST(SUM(found._p0) AS DOUBLE PRECISION) AS revenue_28d_at_first
FROM (
  SELECT
    MIN(days._day) AS _day
  FROM (
    SELECT
      CAST(_day AS DATE) AS _day
    FROM GENERATE_SERIES(
      CAST(CAST(CAST('2026-03-01' AS DATE) AS DATE) AS TIMESTAMP),
      CAST(CAST(CAST('2026-04-30' AS DATE) AS DATE) AS TIMESTAMP),
      INTERVAL '1 DAY'
    ) AS t(_day)
  ) AS days
  GROUP BY
    CAST(DATE_TRUNC('MONTH', days._day) AS DATE)
) AS shown
JOIN (
  SELECT
    channels.channel COLLATE "C" AS _k0,
    orders.order_day AS _k1,
    SUM(orders.amount) AS _p0
  FROM orders
  LEFT JOIN channels
    ON channels.channel_key = orders.channel_key
  WHERE
    orders.order_day >= CAST('2026-02-02' AS DATE)
    AND orders.order_day < CAST('2026-05-01' AS DATE)
    AND NOT orders.is_test
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
