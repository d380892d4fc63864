SELECT
  facts.channel AS channel,
  facts.date_month AS date_month,
  CAST(MAX(facts._m0) AS DOUBLE) AS revenue_28d,
  CAST(MAX(facts._m1) AS DOUBLE) AS revenue_mtd,
  CAST(MAX(facts._m2) AS DOUBLE) AS buyers_3d
FROM (
  SELECT
    found.channel AS channel,
    TRUNC(shown._day, 'MONTH') AS date_month,
    SUM(found._m0) AS _m0,
    CAST(NULL AS DECIMAL(38, 4)) AS _m1,
    CAST(NULL AS DOUBLE) AS _m2
  FROM (
    SELECT
      MAX(days._day) AS _day
    FROM (
      SELECT
        days._day AS _day
      FROM (
        SELECT
          CAST(calendar.retail_day AS DATE) AS _day
        FROM retail_days AS calendar
        WHERE
          CAST(calendar.retail_day AS DATE) >= CAST('2026-03-01' AS DATE)
          AND CAST(calendar.retail_day AS DATE) < CAST('2026-05-01' AS DATE)
      ) AS days
      WHERE
        (
          days._day >= '2026-03-02'
        )
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
  UNION ALL
  SELECT
    found.channel AS channel,
    TRUNC(shown._day, 'MONTH') AS date_month,
    CAST(NULL AS DECIMAL(38, 4)) AS _m0,
    SUM(found._m1) AS _m1,
    CAST(NULL AS DOUBLE) AS _m2
  FROM (
    SELECT
      MAX(days._day) AS _day
    FROM (
      SELECT
        days._day AS _day
      FROM (
        SELECT
          CAST(calendar.retail_day AS DATE) AS _day
        FROM retail_days AS calendar
        WHERE
          CAST(calendar.retail_day AS DATE) >= CAST('2026-03-01' AS DATE)
          AND CAST(calendar.retail_day AS DATE) < CAST('2026-05-01' AS DATE)
      ) AS days
      WHERE
        (
          days._day >= '2026-03-02'
        )
    ) AS days
    GROUP BY
      TRUNC(days._day, 'MONTH')
  ) AS shown
  JOIN (
    SELECT
      daily.channel AS channel,
      daily._day AS _day,
      SUM(daily._m1) AS _m1
    FROM (
      SELECT
        channels.channel AS channel,
        orders.order_day AS _day,
        orders.amount AS _m1
      FROM orders
      LEFT JOIN channels
        ON channels.channel_key = orders.channel_key
      WHERE
        orders.order_day >= CAST('2026-03-01' AS DATE)
        AND orders.order_day < CAST('2026-05-01' AS DATE)
        AND NOT orders.is_test
    ) AS daily
    GROUP BY
      1,
      2
  ) AS found
    ON found._day <= shown._day AND found._day >= TRUNC(shown._day, 'MONTH')
  GROUP BY
    1,
    2
  UNION ALL
  SELECT
    rows.channel AS channel,
    rows.date_month AS date_month,
    CAST(NULL AS DECIMAL(38, 4)) AS _m0,
    CAST(NULL AS DECIMAL(38, 4)) AS _m1,
    CAST(SUM(rows._m2) AS DOUBLE) / NULLIF(COUNT(rows._m2), 0) AS _m2
  FROM (
    SELECT
      daily.channel AS channel,
      daily.date_month AS date_month,
      daily._day AS _day,
      COUNT(DISTINCT daily._m2) AS _m2
    FROM (
      SELECT
        found.channel AS channel,
        TRUNC(shown._day, 'MONTH') AS date_month,
        shown._day AS _day,
        found._m2 AS _m2
      FROM (
        SELECT
          days._day AS _day
        FROM (
          SELECT
            CAST(calendar.retail_day AS DATE) AS _day
          FROM retail_days AS calendar
          WHERE
            CAST(calendar.retail_day AS DATE) >= CAST('2026-03-01' AS DATE)
            AND CAST(calendar.retail_day AS DATE) < CAST('2026-05-01' AS DATE)
        ) AS days
        WHERE
          (
            days._day >= '2026-03-02'
          )
      ) AS shown
      JOIN (
        SELECT
          channels.channel AS channel,
          orders.order_day AS _day,
          orders.customer_id AS _m2
        FROM orders
        LEFT JOIN channels
          ON channels.channel_key = orders.channel_key
        WHERE
          orders.order_day >= CAST('2026-02-27' AS DATE)
          AND orders.order_day < CAST('2026-05-01' AS DATE)
          AND NOT orders.is_test
      ) AS found
        ON found._day <= shown._day AND found._day > DATE_ADD(shown._day, -3)
    ) AS daily
    GROUP BY
      1,
      2,
      3
  ) AS rows
  GROUP BY
    1,
    2
) AS facts
GROUP BY
  1,
  2
ORDER BY
  2 ASC NULLS LAST,
  1 ASC NULLS LAST
