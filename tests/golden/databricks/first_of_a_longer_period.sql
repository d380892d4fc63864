SELECT
  found.channel AS channel,
  TRUNC(shown._day, 'MONTH') AS date_month,
  CAST(SUM(found._m0) AS DOUBLE) AS revenue_28d_at_first
FROM (
  SELECT
    MIN(days._day) AS _day
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
    daily.channel AS channel,
    daily._day AS _day,
    SUM(daily._m0) AS _m0
  FROM (
    SELECT
      channels.channel AS channel,
      orders.order_day AS _day,
      orders.amount AS _m0
    FROM orders
    LEFT JOIN channels
      ON channels.channel_key = orders.channel_key
    WHERE
      orders.order_day >= CAST('2026-02-02' AS DATE)
      AND orders.order_day < CAST('2026-05-01' AS DATE)
      AND NOT orders.is_test
  ) AS daily
  GROUP BY
    1,
    2
) AS found
  ON found._day <= shown._day AND found._day > DATE_ADD(shown._day, -28)
GROUP BY
  1,
  2
ORDER BY
  2 ASC NULLS LAST,
  1 ASC NULLS LAST
