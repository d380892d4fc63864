SELECT
  facts.channel AS channel,
  facts.date_week AS date_week,
  facts._t0 AS _t0,
  facts._t1 AS _t1,
  CAST((
    CAST(MAX(facts._m0) AS Nullable(Float64)) / nullIf(CAST(MAX(facts._m1) AS Nullable(Float64)), 0)
  ) AS Nullable(Float64)) AS roas_28d
FROM (
  SELECT
    facts.channel AS channel,
    facts.date_week AS date_week,
    0 AS _t0,
    0 AS _t1,
    SUM(facts._m0) AS _m0,
    NULL AS _m1
  FROM (
    SELECT
      found._k0 AS channel,
      CAST(dateTrunc('WEEK', shown._day) AS Nullable(Date32)) AS date_week,
      found._p0 AS _m0
    FROM (
      SELECT
        MAX(days._day) AS _day
      FROM (
        SELECT
          addDays(CAST(CAST('2026-06-01' AS Nullable(Date32)) AS Nullable(Date32)), number) AS _day
        FROM numbers(
          0,
          GREATEST(
            0,
            COALESCE(
              DATE_DIFF(
                DAY,
                CAST(CAST('2026-06-01' AS Nullable(Date32)) AS Nullable(Date32)),
                CAST(CAST('2026-06-28' AS Nullable(Date32)) AS Nullable(Date32))
              ) + 1,
              0
            )
          )
        )
      ) AS days
      GROUP BY
        CAST(dateTrunc('WEEK', days._day) AS Nullable(Date32))
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
        orders.order_date >= CAST('2026-05-05' AS Nullable(Date32))
        AND orders.order_date < CAST('2026-06-29' AS Nullable(Date32))
        AND NOT orders.is_test
        AND orders.status <> 'cancelled'
        AND orders.status <> 'returned'
      GROUP BY
        1,
        2
    ) AS found
      ON found._k1 <= shown._day AND found._k1 > addDays(shown._day, -28)
  ) AS facts
  GROUP BY
    facts.channel,
    facts.date_week
  UNION ALL
  SELECT
    NULL AS channel,
    NULL AS date_week,
    1 AS _t0,
    1 AS _t1,
    SUM(facts._m0) AS _m0,
    NULL AS _m1
  FROM (
    SELECT
      found._k0 AS channel,
      found._p0 AS _m0
    FROM (
      SELECT
        MAX(days._day) AS _day
      FROM (
        SELECT
          addDays(CAST(CAST('2026-06-01' AS Nullable(Date32)) AS Nullable(Date32)), number) AS _day
        FROM numbers(
          0,
          GREATEST(
            0,
            COALESCE(
              DATE_DIFF(
                DAY,
                CAST(CAST('2026-06-01' AS Nullable(Date32)) AS Nullable(Date32)),
                CAST(CAST('2026-06-28' AS Nullable(Date32)) AS Nullable(Date32))
              ) + 1,
              0
            )
          )
        )
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
        orders.order_date >= CAST('2026-05-05' AS Nullable(Date32))
        AND orders.order_date < CAST('2026-06-29' AS Nullable(Date32))
        AND NOT orders.is_test
        AND orders.status <> 'cancelled'
        AND orders.status <> 'returned'
      GROUP BY
        1,
        2
    ) AS found
      ON found._k1 <= shown._day AND found._k1 > addDays(shown._day, -28)
  ) AS facts
  UNION ALL
  SELECT
    facts.channel AS channel,
    facts.date_week AS date_week,
    0 AS _t0,
    0 AS _t1,
    NULL AS _m0,
    SUM(facts._m1) AS _m1
  FROM (
    SELECT
      found._k0 AS channel,
      CAST(dateTrunc('WEEK', shown._day) AS Nullable(Date32)) AS date_week,
      found._p0 AS _m1
    FROM (
      SELECT
        MAX(days._day) AS _day
      FROM (
        SELECT
          addDays(CAST(CAST('2026-06-01' AS Nullable(Date32)) AS Nullable(Date32)), number) AS _day
        FROM numbers(
          0,
          GREATEST(
            0,
            COALESCE(
              DATE_DIFF(
                DAY,
                CAST(CAST('2026-06-01' AS Nullable(Date32)) AS Nullable(Date32)),
                CAST(CAST('2026-06-28' AS Nullable(Date32)) AS Nullable(Date32))
              ) + 1,
              0
            )
          )
        )
      ) AS days
      GROUP BY
        CAST(dateTrunc('WEEK', days._day) AS Nullable(Date32))
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
        ad_spend.date_day >= CAST('2026-05-05' AS Nullable(Date32))
        AND ad_spend.date_day < CAST('2026-06-29' AS Nullable(Date32))
      GROUP BY
        1,
        2
    ) AS found
      ON found._k1 <= shown._day AND found._k1 > addDays(shown._day, -28)
  ) AS facts
  GROUP BY
    facts.channel,
    facts.date_week
  UNION ALL
  SELECT
    NULL AS channel,
    NULL AS date_week,
    1 AS _t0,
    1 AS _t1,
    NULL AS _m0,
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
          addDays(CAST(CAST('2026-06-01' AS Nullable(Date32)) AS Nullable(Date32)), number) AS _day
        FROM numbers(
          0,
          GREATEST(
            0,
            COALESCE(
              DATE_DIFF(
                DAY,
                CAST(CAST('2026-06-01' AS Nullable(Date32)) AS Nullable(Date32)),
                CAST(CAST('2026-06-28' AS Nullable(Date32)) AS Nullable(Date32))
              ) + 1,
              0
            )
          )
        )
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
        ad_spend.date_day >= CAST('2026-05-05' AS Nullable(Date32))
        AND ad_spend.date_day < CAST('2026-06-29' AS Nullable(Date32))
      GROUP BY
        1,
        2
    ) AS found
      ON found._k1 <= shown._day AND found._k1 > addDays(shown._day, -28)
  ) AS facts
) AS facts
GROUP BY
  1,
  2,
  3,
  4
ORDER BY
  3 ASC,
  4 ASC,
  2 ASC,
  1 ASC
