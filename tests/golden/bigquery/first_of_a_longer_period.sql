SELECT
  found._k0 AS channel,
  DATE_TRUNC(shown._day, MONTH) AS date_month,
  CAST(SUM(found._p0) AS FLOAT64) AS revenue_28d_at_first
FROM (
  SELECT
    MIN(days._day) AS _day
  FROM (
    SELECT
      _day
    FROM UNNEST(GENERATE_DATE_ARRAY(
      CAST(CAST('2026-03-01' AS DATE) AS DATE),
      CAST(CAST('2026-04-30' AS DATE) AS DATE),
      INTERVAL 1 DAY
    )) AS _day
  ) AS days
  GROUP BY
    DATE_TRUNC(days._day, MONTH)
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
    orders.order_day >= CAST('2026-02-02' AS DATE)
    AND orders.order_day < CAST('2026-05-01' AS DATE)
    AND NOT orders.is_test
  GROUP BY
    1,
    2
) AS found
  ON found._k1 <= shown._day AND found._k1 > DATE_ADD(shown._day, INTERVAL -28 DAY)
GROUP BY
  1,
  2
ORDER BY
  2 ASC NULLS LAST,
  1 ASC NULLS LAST
