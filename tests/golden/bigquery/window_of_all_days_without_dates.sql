SELECT
  facts.channel AS channel,
  facts._t0 AS _t0,
  CAST(MAX(facts._m0) AS FLOAT64) AS revenue_ever
FROM (
  SELECT
    facts.channel AS channel,
    0 AS _t0,
    SUM(facts._m0) AS _m0
  FROM (
    SELECT
      found.channel AS channel,
      found._m0 AS _m0
    FROM (
      SELECT
        MAX(days._day) AS _day
      FROM (
        SELECT
          _day
        FROM UNNEST(GENERATE_DATE_ARRAY(
          CAST(CAST('2026-03-01' AS DATE) AS DATE),
          CAST(CAST('2026-04-30' AS DATE) AS DATE),
          INTERVAL 1 DAY
        )) AS _day
      ) AS days
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
  ) AS facts
  GROUP BY
    facts.channel
  UNION ALL
  SELECT
    CAST(NULL AS STRING) AS channel,
    1 AS _t0,
    SUM(facts._m0) AS _m0
  FROM (
    SELECT
      found.channel AS channel,
      found._m0 AS _m0
    FROM (
      SELECT
        MAX(days._day) AS _day
      FROM (
        SELECT
          _day
        FROM UNNEST(GENERATE_DATE_ARRAY(
          CAST(CAST('2026-03-01' AS DATE) AS DATE),
          CAST(CAST('2026-04-30' AS DATE) AS DATE),
          INTERVAL 1 DAY
        )) AS _day
      ) AS days
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
  ) AS facts
) AS facts
GROUP BY
  1,
  2
ORDER BY
  2 ASC NULLS LAST,
  3 DESC,
  1 ASC NULLS LAST
