SELECT
  facts.channel AS channel,
  facts.date_week AS date_week,
  facts._t0 AS _t0,
  facts._t1 AS _t1,
  CAST((
    CAST(MAX(facts._m0) AS DOUBLE) / NULLIF(CAST(MAX(facts._m1) AS DOUBLE), 0)
  ) AS DOUBLE) AS roas_28d
FROM (
  SELECT
    facts.channel AS channel,
    facts.date_week AS date_week,
    0 AS _t0,
    0 AS _t1,
    SUM(facts._m0) AS _m0,
    CAST(NULL AS DECIMAL(38, 4)) AS _m1
  FROM (
    SELECT
      found._k0 AS channel,
      TRUNC(shown._day, 'WEEK') AS date_week,
      found._p0 AS _m0
    FROM (
      SELECT
        MAX(days._day) AS _day
      FROM (
        SELECT
          EXPLODE(
            SEQUENCE(
              CAST(CAST('2026-06-01' AS DATE) AS DATE),
              CAST(CAST('2026-06-28' AS DATE) AS DATE),
              INTERVAL '1' DAY
            )
          ) AS _day
      ) AS days
      GROUP BY
        TRUNC(days._day, 'WEEK')
    ) AS shown
    JOIN (
      SELECT
        channels.channel AS _k0,
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
      ON found._k1 <= shown._day AND found._k1 > DATE_ADD(shown._day, -28)
  ) AS facts
  GROUP BY
    facts.channel,
    facts.date_week
  UNION ALL
  SELECT
    CAST(NULL AS STRING) AS channel,
    CAST(NULL AS DATE) AS date_week,
    1 AS _t0,
    1 AS _t1,
    SUM(facts._m0) AS _m0,
    CAST(NULL AS DECIMAL(38, 4)) AS _m1
  FROM (
    SELECT
      found._k0 AS channel,
      found._p0 AS _m0
    FROM (
      SELECT
        MAX(days._day) AS _day
      FROM (
        SELECT
          EXPLODE(
            SEQUENCE(
              CAST(CAST('2026-06-01' AS DATE) AS DATE),
              CAST(CAST('2026-06-28' AS DATE) AS DATE),
              INTERVAL '1' DAY
            )
          ) AS _day
      ) AS days
    ) AS shown
    JOIN (
      SELECT
        channels.channel AS _k0,
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
      ON found._k1 <= shown._day AND found._k1 > DATE_ADD(shown._day, -28)
  ) AS facts
  UNION ALL
  SELECT
    facts.channel AS channel,
    facts.date_week AS date_week,
    0 AS _t0,
    0 AS _t1,
    CAST(NULL AS DECIMAL(38, 4)) AS _m0,
    SUM(facts._m1) AS _m1
  FROM (
    SELECT
      found._k0 AS channel,
      TRUNC(shown._day, 'WEEK') AS date_week,
      found._p0 AS _m1
    FROM (
      SELECT
        MAX(days._day) AS _day
      FROM (
        SELECT
          EXPLODE(
            SEQUENCE(
              CAST(CAST('2026-06-01' AS DATE) AS DATE),
              CAST(CAST('2026-06-28' AS DATE) AS DATE),
              INTERVAL '1' DAY
            )
          ) AS _day
      ) AS days
      GROUP BY
        TRUNC(days._day, 'WEEK')
    ) AS shown
    JOIN (
      SELECT
        channels.channel AS _k0,
        ad_spend.date_day AS _k1,
        SUM(ad_spend.spend) AS _p0
      FROM fct_ad_campaign_daily AS ad_spend
      LEFT JOIN dim_channel AS channels
        ON channels.channel_key = ad_spend.channel_key
      WHERE
        ad_spend.date_day >= CAST('2026-05-05' AS DATE)
        AND ad_spend.date_day < CAST('2026-06-29' AS DATE)
      GROUP BY
        1,
        2
    ) AS found
      ON found._k1 <= shown._day AND found._k1 > DATE_ADD(shown._day, -28)
  ) AS facts
  GROUP BY
    facts.channel,
    facts.date_week
  UNION ALL
  SELECT
    CAST(NULL AS STRING) AS channel,
    CAST(NULL AS DATE) AS date_week,
    1 AS _t0,
    1 AS _t1,
    CAST(NULL AS DECIMAL(38, 4)) AS _m0,
    SUM(facts._m1) AS _m1
  FROM (
    SELECT
      found._k0 AS channel,
      found._p0 AS _m1
    FROM (
      SELECT
        MAX(days._day) AS _day
      FROM (
        SELECT
          EXPLODE(
            SEQUENCE(
              CAST(CAST('2026-06-01' AS DATE) AS DATE),
              CAST(CAST('2026-06-28' AS DATE) AS DATE),
              INTERVAL '1' DAY
            )
          ) AS _day
      ) AS days
    ) AS shown
    JOIN (
      SELECT
        channels.channel AS _k0,
        ad_spend.date_day AS _k1,
        SUM(ad_spend.spend) AS _p0
      FROM fct_ad_campaign_daily AS ad_spend
      LEFT JOIN dim_channel AS channels
        ON channels.channel_key = ad_spend.channel_key
      WHERE
        ad_spend.date_day >= CAST('2026-05-05' AS DATE)
        AND ad_spend.date_day < CAST('2026-06-29' AS DATE)
      GROUP BY
        1,
        2
    ) AS found
      ON found._k1 <= shown._day AND found._k1 > DATE_ADD(shown._day, -28)
  ) AS facts
) AS facts
GROUP BY
  1,
  2,
  3,
  4
ORDER BY
  3 ASC NULLS LAST,
  4 ASC NULLS LAST,
  2 ASC NULLS LAST,
  1 ASC NULLS LAST
