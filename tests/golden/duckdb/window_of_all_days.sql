SELECT
  found.channel AS channel,
  CAST(DATE_TRUNC('MONTH', shown._day) AS DATE) AS date_month,
  CAST(SUM(found._m0) AS DOUBLE) AS revenue_ever
FROM (
  SELECT
    MAX(days._day) AS _day
  FROM (
    SELECT
      CAST(UNNEST(
        GENERATE_SERIES(
          CAST(CAST('2026-03-01' AS DATE) AS DATE),
          CAST(CAST('2026-04-30' AS DATE) AS DATE),
          INTERVAL '1' DAY
        )
      ) AS DATE) AS _day
  ) AS days
  GROUP BY
    CAST(DATE_TRUNC('MONTH', days._day) AS DATE)
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
      orders.order_day < CAST('2026-05-01' AS DATE) AND NOT orders.is_test
  ) AS daily
  GROUP BY
    1,
    2
) AS found
  ON found._day <= shown._day
GROUP BY
  1,
  2
ORDER BY
  2 ASC,
  1 ASC
