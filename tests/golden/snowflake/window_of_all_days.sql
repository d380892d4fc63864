SELECT
  found._k0 AS channel,
  CAST(DATE_TRUNC('MONTH', shown._day) AS DATE) AS date_month,
  CAST(SUM(found._p0) AS DOUBLE) AS revenue_ever
FROM (
  SELECT
    MAX(days._day) AS _day
  FROM (
    SELECT
      CAST(DATEADD(DAY, CAST(value AS INT), CAST(CAST('2026-03-01' AS DATE) AS DATE)) AS DATE) AS _day
    FROM TABLE(
      FLATTEN(
        INPUT => ARRAY_GENERATE_RANGE(
          0,
          DATEDIFF(
            DAY,
            CAST(CAST('2026-03-01' AS DATE) AS DATE),
            CAST(CAST('2026-04-30' AS DATE) AS DATE)
          ) + 1
        )
      )
    )
  ) AS days
  GROUP BY
    CAST(DATE_TRUNC('MONTH', days._day) AS DATE)
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
  2 ASC,
  1 ASC
