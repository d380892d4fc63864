-- Each shape's SQL on duckdb. tests/answers/golden_sql.py explains this file and how to rewrite it.

-- shape: one_total
SELECT
  CAST(SUM(ad_spend.spend) AS DOUBLE) AS spend
FROM fct_ad_campaign_daily AS ad_spend
WHERE
  ad_spend.date_day < CAST('2026-07-01' AS DATE) OR ad_spend.date_day IS NULL

-- shape: ratio_of_one_fact
SELECT
  ad_spend.platform AS platform,
  CAST(SUM(ad_spend.clicks) AS DOUBLE) / NULLIF(CAST(SUM(ad_spend.impressions) AS DOUBLE), 0) AS ctr,
  CAST(SUM(ad_spend.clicks) AS DOUBLE) AS _s0,
  CAST(SUM(ad_spend.impressions) AS DOUBLE) AS _s1
FROM fct_ad_campaign_daily AS ad_spend
WHERE
  ad_spend.date_day < CAST('2026-07-01' AS DATE) OR ad_spend.date_day IS NULL
GROUP BY
  1
ORDER BY
  2 DESC,
  1 ASC

-- shape: join_after_aggregating
SELECT
  channels.channel AS channel,
  CAST(SUM(orders._p0) AS DOUBLE) AS net_revenue
FROM (
  SELECT
    orders.channel_key AS channel_key,
    SUM(orders.net_sales) AS _p0
  FROM fct_order AS orders
  WHERE
    (
      orders.order_date < CAST('2026-07-01' AS DATE) OR orders.order_date IS NULL
    )
    AND NOT orders.is_test
    AND orders.status <> 'cancelled'
    AND orders.status <> 'returned'
  GROUP BY
    1
) AS orders
LEFT JOIN dim_channel AS channels
  ON channels.channel_key = orders.channel_key
GROUP BY
  1
ORDER BY
  2 DESC,
  1 ASC

-- shape: days_before_weeks
SELECT
  CAST(DATE_TRUNC('WEEK', orders._k0) AS DATE) AS date_week,
  CAST(SUM(orders._p0) AS DOUBLE) AS net_revenue
FROM (
  SELECT
    orders.order_date AS _k0,
    SUM(orders.net_sales) AS _p0
  FROM fct_order AS orders
  WHERE
    orders.order_date >= CAST('2026-03-30' AS DATE)
    AND orders.order_date < CAST('2026-06-29' AS DATE)
    AND NOT orders.is_test
    AND orders.status <> 'cancelled'
    AND orders.status <> 'returned'
  GROUP BY
    1
) AS orders
GROUP BY
  1
ORDER BY
  1 ASC

-- shape: week_from_sunday
SELECT
  CAST(DATE_TRUNC('WEEK', ad_spend._k0 - INTERVAL '6' DAY) + INTERVAL '6' DAY AS DATE) AS date_week,
  CAST(SUM(ad_spend._p0) AS DOUBLE) AS spend
FROM (
  SELECT
    ad_spend.date_day AS _k0,
    SUM(ad_spend.spend) AS _p0
  FROM fct_ad_campaign_daily AS ad_spend
  WHERE
    ad_spend.date_day < CAST('2026-07-01' AS DATE) OR ad_spend.date_day IS NULL
  GROUP BY
    1
) AS ad_spend
GROUP BY
  1
ORDER BY
  1 ASC

-- shape: two_facts
SELECT
  facts.channel AS channel,
  facts.date_month AS date_month,
  CAST(MAX(facts._m0) AS DOUBLE) / NULLIF(CAST(MAX(facts._m1) AS DOUBLE), 0) AS roas,
  CAST(MAX(facts._m1) AS DOUBLE) AS spend
FROM (
  SELECT
    orders._k0 AS channel,
    CAST(DATE_TRUNC('MONTH', orders._k1) AS DATE) AS date_month,
    SUM(orders._p0) AS _m0,
    CAST(NULL AS DECIMAL(38, 4)) AS _m1
  FROM (
    SELECT
      channels.channel AS _k0,
      orders.order_date AS _k1,
      SUM(orders.net_sales) AS _p0
    FROM fct_order AS orders
    LEFT JOIN dim_channel AS channels
      ON channels.channel_key = orders.channel_key
    WHERE
      orders.order_date >= CAST('2026-01-01' AS DATE)
      AND orders.order_date < CAST('2026-07-01' AS DATE)
      AND NOT orders.is_test
      AND orders.status <> 'cancelled'
      AND orders.status <> 'returned'
    GROUP BY
      1,
      2
  ) AS orders
  GROUP BY
    1,
    2
  UNION ALL
  SELECT
    ad_spend._k0 AS channel,
    CAST(DATE_TRUNC('MONTH', ad_spend._k1) AS DATE) AS date_month,
    CAST(NULL AS DECIMAL(38, 4)) AS _m0,
    SUM(ad_spend._p0) AS _m1
  FROM (
    SELECT
      channels.channel AS _k0,
      ad_spend.date_day AS _k1,
      SUM(ad_spend.spend) AS _p0
    FROM fct_ad_campaign_daily AS ad_spend
    LEFT JOIN dim_channel AS channels
      ON channels.channel_key = ad_spend.channel_key
    WHERE
      ad_spend.date_day >= CAST('2026-01-01' AS DATE)
      AND ad_spend.date_day < CAST('2026-07-01' AS DATE)
    GROUP BY
      1,
      2
  ) AS ad_spend
  GROUP BY
    1,
    2
) AS facts
GROUP BY
  1,
  2
ORDER BY
  2 ASC,
  1 ASC

-- shape: distinct_count
SELECT
  customers.country AS customer_country,
  COUNT(DISTINCT orders.customer_id) AS customers
FROM fct_order AS orders
LEFT JOIN dim_customer AS customers
  ON customers.customer_key = orders.customer_key
WHERE
  (
    orders.order_date < CAST('2026-07-01' AS DATE) OR orders.order_date IS NULL
  )
  AND NOT orders.is_test
  AND orders.status <> 'cancelled'
GROUP BY
  1
ORDER BY
  2 DESC,
  1 ASC

-- shape: another_zone
SELECT
  CAST(orders.created_at AT TIME ZONE 'America/New_York' AS DATE) AS date_day,
  COUNT(*) AS orders
FROM fct_order AS orders
WHERE
  orders.created_at >= CAST('2026-06-24 04:00:00+00:00' AS TIMESTAMPTZ)
  AND orders.created_at < CAST('2026-06-30 04:00:00+00:00' AS TIMESTAMPTZ)
  AND NOT orders.is_test
  AND orders.status <> 'cancelled'
GROUP BY
  1
ORDER BY
  1 ASC

-- shape: hours
SELECT
  sessions.session_start_at - (
    sessions.session_start_at AT TIME ZONE 'Europe/Berlin' - DATE_TRUNC('HOUR', sessions.session_start_at AT TIME ZONE 'Europe/Berlin')
  ) AS date_hour,
  COUNT(*) AS sessions
FROM fct_web_session AS sessions
WHERE
  sessions.session_date >= CAST('2026-06-30' AS DATE)
  AND sessions.session_date < CAST('2026-07-01' AS DATE)
  AND NOT sessions.is_bot
  AND NOT sessions.is_internal
GROUP BY
  1
ORDER BY
  1 ASC

-- shape: filters
SELECT
  COUNT(*) AS orders
FROM fct_order AS orders
LEFT JOIN dim_channel AS channels
  ON channels.channel_key = orders.channel_key
WHERE
  (
    orders.order_date < CAST('2026-07-01' AS DATE) OR orders.order_date IS NULL
  )
  AND NOT orders.is_test
  AND orders.status <> 'cancelled'
  AND NOT channels.channel IS NULL
  AND NOT channels.channel IN ('Display')
  AND (
    STRPOS(LOWER(orders.coupon_code), LOWER(CAST('o''clock' AS TEXT))) > 0
    OR NOT COALESCE((
      orders.device IN ('tablet')
    ), FALSE)
  )

-- shape: two_filtered_metrics
SELECT
  orders.market AS market,
  COUNT(*) AS orders,
  COUNT(*) FILTER(WHERE
    orders.valid_order_number = 1) AS new_customer_orders
FROM fct_order AS orders
WHERE
  (
    orders.order_date < CAST('2026-07-01' AS DATE) OR orders.order_date IS NULL
  )
  AND NOT orders.is_test
  AND orders.status <> 'cancelled'
GROUP BY
  1
ORDER BY
  2 DESC,
  1 ASC

-- shape: derived
SELECT
  orders.market AS market,
  CAST(SUM(orders.net_sales) - SUM(orders.cogs) AS DOUBLE) AS gross_margin,
  COUNT(*) OVER () AS _groups
FROM fct_order AS orders
WHERE
  (
    orders.order_date < CAST('2026-07-01' AS DATE) OR orders.order_date IS NULL
  )
  AND NOT orders.is_test
  AND orders.status <> 'cancelled'
  AND orders.status <> 'returned'
GROUP BY
  1
ORDER BY
  1 ASC
LIMIT 3

-- shape: view
SELECT
  order_lines.product_category AS product_category,
  CAST(COALESCE(SUM(order_lines.quantity), 0) AS BIGINT) AS units
FROM (
  SELECT
    l.order_id,
    l.line_no,
    l.product_id,
    l.product,
    l.product_category,
    l.quantity,
    l.gross,
    l.discount,
    l.net,
    l.cogs,
    o.created_at,
    o.order_date,
    o.market,
    o.status,
    o.is_test,
    o.loaded_at
  FROM fct_order_line AS l
  LEFT JOIN fct_order AS o
    ON o.order_id = l.order_id
) AS order_lines
WHERE
  (
    order_lines.order_date < CAST('2026-07-01' AS DATE)
    OR order_lines.order_date IS NULL
  )
  AND NOT order_lines.is_test
  AND order_lines.status <> 'cancelled'
GROUP BY
  1
ORDER BY
  2 DESC,
  1 ASC

-- shape: row_rule_on_the_fact
SELECT
  channels.channel AS channel,
  CAST(SUM(orders._p0) AS DOUBLE) AS net_revenue
FROM (
  SELECT
    orders.channel_key AS channel_key,
    SUM(orders.net_sales) AS _p0
  FROM fct_order AS orders
  WHERE
    (
      orders.market IN ('DE', 'AT')
    )
    AND (
      orders.order_date < CAST('2026-07-01' AS DATE) OR orders.order_date IS NULL
    )
    AND NOT orders.is_test
    AND orders.status <> 'cancelled'
    AND orders.status <> 'returned'
  GROUP BY
    1
) AS orders
LEFT JOIN dim_channel AS channels
  ON channels.channel_key = orders.channel_key
GROUP BY
  1
ORDER BY
  2 DESC,
  1 ASC

-- shape: mask
SELECT
  CAST(FLOOR(customers.birth_year / 10) * 10 AS BIGINT) AS birth_year,
  CAST(COALESCE(SUM(orders._p0), 0) AS BIGINT) AS orders
FROM (
  SELECT
    orders.customer_key AS customer_key,
    COUNT(*) AS _p0
  FROM fct_order AS orders
  WHERE
    (
      orders.market IN ('FR')
    )
    AND (
      orders.order_date < CAST('2026-07-01' AS DATE) OR orders.order_date IS NULL
    )
    AND NOT orders.is_test
    AND orders.status <> 'cancelled'
  GROUP BY
    1
) AS orders
LEFT JOIN dim_customer AS customers
  ON customers.customer_key = orders.customer_key
GROUP BY
  1
ORDER BY
  2 DESC,
  1 ASC

-- shape: totals
SELECT
  facts.channel AS channel,
  facts.date_month AS date_month,
  GROUPING(facts.channel) AS _t0,
  GROUPING(facts.date_month) AS _t1,
  CAST(SUM(facts._m0) AS DOUBLE) AS net_revenue,
  CAST(COALESCE(SUM(facts._m1), 0) AS BIGINT) AS orders
FROM (
  SELECT
    orders._k0 AS channel,
    CAST(DATE_TRUNC('MONTH', orders._k1) AS DATE) AS date_month,
    SUM(orders._p0) AS _m0,
    SUM(orders._p1) AS _m1
  FROM (
    SELECT
      channels.channel AS _k0,
      orders.order_date AS _k1,
      SUM(orders.net_sales) FILTER(WHERE
        orders.status <> 'returned') AS _p0,
      COUNT(*) AS _p1
    FROM fct_order AS orders
    LEFT JOIN dim_channel AS channels
      ON channels.channel_key = orders.channel_key
    WHERE
      orders.order_date >= CAST('2026-01-01' AS DATE)
      AND orders.order_date < CAST('2026-07-01' AS DATE)
      AND NOT orders.is_test
      AND orders.status <> 'cancelled'
    GROUP BY
      1,
      2
  ) AS orders
  GROUP BY
    1,
    2
) AS facts
GROUP BY
  GROUPING SETS (
    (facts.channel, facts.date_month),
    (),
    (facts.channel)
  )
ORDER BY
  3 ASC,
  4 ASC,
  2 ASC,
  1 ASC

-- shape: totals_of_distinct
SELECT
  facts.channel AS channel,
  facts._t0 AS _t0,
  CAST(COALESCE(MAX(facts._m0), 0) AS BIGINT) AS customers,
  CAST(MAX(facts._m1) AS DOUBLE) AS spend
FROM (
  SELECT
    facts.channel AS channel,
    GROUPING(facts.channel) AS _t0,
    COUNT(DISTINCT facts._m0) AS _m0,
    CAST(NULL AS DECIMAL(38, 4)) AS _m1
  FROM (
    SELECT
      channels.channel AS channel,
      orders.customer_id AS _m0
    FROM fct_order AS orders
    LEFT JOIN dim_channel AS channels
      ON channels.channel_key = orders.channel_key
    WHERE
      (
        orders.order_date < CAST('2026-07-01' AS DATE) OR orders.order_date IS NULL
      )
      AND NOT orders.is_test
      AND orders.status <> 'cancelled'
  ) AS facts
  GROUP BY
    GROUPING SETS (
      (facts.channel),
      ()
    )
  UNION ALL
  SELECT
    facts.channel AS channel,
    GROUPING(facts.channel) AS _t0,
    CAST(NULL AS BIGINT) AS _m0,
    SUM(facts._m1) AS _m1
  FROM (
    SELECT
      channels.channel AS channel,
      SUM(ad_spend._p0) AS _m1
    FROM (
      SELECT
        ad_spend.channel_key AS channel_key,
        SUM(ad_spend.spend) AS _p0
      FROM fct_ad_campaign_daily AS ad_spend
      WHERE
        ad_spend.date_day < CAST('2026-07-01' AS DATE) OR ad_spend.date_day IS NULL
      GROUP BY
        1
    ) AS ad_spend
    LEFT JOIN dim_channel AS channels
      ON channels.channel_key = ad_spend.channel_key
    GROUP BY
      1
  ) AS facts
  GROUP BY
    GROUPING SETS (
      (facts.channel),
      ()
    )
) AS facts
GROUP BY
  1,
  2
ORDER BY
  2 ASC,
  3 DESC,
  1 ASC

-- shape: top_with_other
WITH _top AS (
  SELECT
    ranked.campaign AS campaign,
    1 AS found
  FROM (
    SELECT
      campaigns.campaign AS campaign,
      CAST(SUM(ad_spend._p0) AS DOUBLE) AS spend,
      CAST(SUM(ad_spend._p1) AS BIGINT) AS clicks
    FROM (
      SELECT
        ad_spend.campaign_id AS campaign_id,
        SUM(ad_spend.spend) AS _p0,
        SUM(ad_spend.clicks) AS _p1
      FROM fct_ad_campaign_daily AS ad_spend
      WHERE
        ad_spend.date_day < CAST('2026-07-01' AS DATE) OR ad_spend.date_day IS NULL
      GROUP BY
        1
    ) AS ad_spend
    LEFT JOIN dim_campaign AS campaigns
      ON campaigns.campaign_id = ad_spend.campaign_id
    GROUP BY
      1
    ORDER BY
      2 DESC,
      1 ASC
    LIMIT 8
  ) AS ranked
)
SELECT
  facts.campaign AS campaign,
  facts._other AS _other,
  CAST(SUM(facts._m0) AS DOUBLE) AS spend,
  CAST(SUM(facts._m1) AS BIGINT) AS clicks
FROM (
  SELECT
    CASE WHEN _top.found = 1 THEN every.campaign END AS campaign,
    CASE WHEN _top.found = 1 THEN 0 ELSE 1 END AS _other,
    every._m0 AS _m0,
    every._m1 AS _m1
  FROM (
    SELECT
      campaigns.campaign AS campaign,
      SUM(ad_spend._p0) AS _m0,
      SUM(ad_spend._p1) AS _m1
    FROM (
      SELECT
        ad_spend.campaign_id AS campaign_id,
        SUM(ad_spend.spend) AS _p0,
        SUM(ad_spend.clicks) AS _p1
      FROM fct_ad_campaign_daily AS ad_spend
      WHERE
        ad_spend.date_day < CAST('2026-07-01' AS DATE) OR ad_spend.date_day IS NULL
      GROUP BY
        1
    ) AS ad_spend
    LEFT JOIN dim_campaign AS campaigns
      ON campaigns.campaign_id = ad_spend.campaign_id
    GROUP BY
      1
  ) AS every
  LEFT JOIN _top
    ON _top.campaign IS NOT DISTINCT FROM every.campaign
) AS facts
GROUP BY
  facts.campaign,
  facts._other
ORDER BY
  2 ASC,
  3 DESC,
  1 ASC

-- shape: top_within
WITH _top AS (
  SELECT
    ranked.channel AS channel,
    ranked.campaign AS campaign,
    1 AS found
  FROM (
    SELECT
      groups.channel AS channel,
      groups.campaign AS campaign,
      ROW_NUMBER() OVER (PARTITION BY groups.channel ORDER BY groups.spend DESC, groups.campaign ASC) AS place
    FROM (
      SELECT
        channels.channel AS channel,
        campaigns.campaign AS campaign,
        CAST(SUM(ad_spend.spend) AS DOUBLE) AS spend
      FROM fct_ad_campaign_daily AS ad_spend
      LEFT JOIN dim_channel AS channels
        ON channels.channel_key = ad_spend.channel_key
      LEFT JOIN dim_campaign AS campaigns
        ON campaigns.campaign_id = ad_spend.campaign_id
      WHERE
        ad_spend.date_day < CAST('2026-07-01' AS DATE) OR ad_spend.date_day IS NULL
      GROUP BY
        1,
        2
    ) AS groups
  ) AS ranked
  WHERE
    ranked.place <= 3
)
SELECT
  answer.channel AS channel,
  answer.campaign AS campaign,
  answer.spend AS spend,
  answer._other AS _other,
  answer._groups AS _groups
FROM (
  SELECT
    answer.channel AS channel,
    answer.campaign AS campaign,
    answer.spend AS spend,
    answer._other AS _other,
    CASE WHEN answer._other = 1 THEN 1 ELSE 0 END AS _special,
    ROW_NUMBER() OVER (
      PARTITION BY CASE WHEN answer._other = 1 THEN 1 ELSE 0 END
      ORDER BY answer._other ASC, answer.spend DESC, answer.channel ASC, answer.campaign ASC
    ) AS _place,
    SUM(CASE WHEN answer._other = 1 THEN 0 ELSE 1 END) OVER () AS _groups
  FROM (
    SELECT
      facts.channel AS channel,
      facts.campaign AS campaign,
      facts._other AS _other,
      CAST(SUM(facts._m0) AS DOUBLE) AS spend
    FROM (
      SELECT
        every.channel AS channel,
        CASE WHEN _top.found = 1 THEN every.campaign END AS campaign,
        CASE WHEN _top.found = 1 THEN 0 ELSE 1 END AS _other,
        every._m0 AS _m0
      FROM (
        SELECT
          channels.channel AS channel,
          campaigns.campaign AS campaign,
          SUM(ad_spend.spend) AS _m0
        FROM fct_ad_campaign_daily AS ad_spend
        LEFT JOIN dim_channel AS channels
          ON channels.channel_key = ad_spend.channel_key
        LEFT JOIN dim_campaign AS campaigns
          ON campaigns.campaign_id = ad_spend.campaign_id
        WHERE
          ad_spend.date_day < CAST('2026-07-01' AS DATE) OR ad_spend.date_day IS NULL
        GROUP BY
          1,
          2
      ) AS every
      LEFT JOIN _top
        ON _top.channel IS NOT DISTINCT FROM every.channel
        AND _top.campaign IS NOT DISTINCT FROM every.campaign
    ) AS facts
    GROUP BY
      facts.channel,
      facts.campaign,
      facts._other
  ) AS answer
) AS answer
WHERE
  answer._special = 1 OR answer._place <= 20
ORDER BY
  4 ASC,
  3 DESC,
  1 ASC,
  2 ASC

-- shape: top_of_distinct
WITH _top AS (
  SELECT
    ranked.channel AS channel,
    1 AS found
  FROM (
    SELECT
      channels.channel AS channel,
      CAST(SUM(orders.net_sales) FILTER(WHERE
        orders.status <> 'returned') AS DOUBLE) AS net_revenue,
      COUNT(DISTINCT orders.customer_id) AS customers
    FROM fct_order AS orders
    LEFT JOIN dim_channel AS channels
      ON channels.channel_key = orders.channel_key
    WHERE
      (
        orders.order_date < CAST('2026-07-01' AS DATE) OR orders.order_date IS NULL
      )
      AND NOT orders.is_test
      AND orders.status <> 'cancelled'
    GROUP BY
      1
    ORDER BY
      2 DESC,
      1 ASC
    LIMIT 3
  ) AS ranked
)
SELECT
  facts.channel AS channel,
  facts._other AS _other,
  GROUPING(facts.channel) AS _t0,
  COUNT(DISTINCT facts._m0) AS customers
FROM (
  SELECT
    CASE WHEN _top.found = 1 THEN every.channel END AS channel,
    CASE WHEN _top.found = 1 THEN 0 ELSE 1 END AS _other,
    every._m0 AS _m0
  FROM (
    SELECT
      channels.channel AS channel,
      orders.customer_id AS _m0
    FROM fct_order AS orders
    LEFT JOIN dim_channel AS channels
      ON channels.channel_key = orders.channel_key
    WHERE
      (
        orders.order_date < CAST('2026-07-01' AS DATE) OR orders.order_date IS NULL
      )
      AND NOT orders.is_test
      AND orders.status <> 'cancelled'
  ) AS every
  LEFT JOIN _top
    ON _top.channel IS NOT DISTINCT FROM every.channel
) AS facts
GROUP BY
  GROUPING SETS (
    (facts.channel, facts._other),
    ()
  )
ORDER BY
  3 ASC,
  2 ASC,
  4 DESC,
  1 ASC

-- shape: compare_last_year
SELECT
  facts.date_month AS date_month,
  CAST(MAX(facts._m0) AS DOUBLE) AS net_revenue,
  CAST(MAX(facts._m1) AS DOUBLE) AS net_revenue_last_year
FROM (
  WITH _days0 AS (
    SELECT
      orders.order_date AS _k0,
      SUM(orders.net_sales) AS _p0
    FROM fct_order AS orders
    WHERE
      orders.order_date >= CAST('2024-06-01' AS DATE)
      AND orders.order_date < CAST('2026-07-01' AS DATE)
      AND NOT orders.is_test
      AND orders.status <> 'cancelled'
      AND orders.status <> 'returned'
    GROUP BY
      1
  )
  SELECT
    CAST(DATE_TRUNC('MONTH', orders._k0) AS DATE) AS date_month,
    SUM(orders._p0) FILTER(WHERE
      orders._k0 >= CAST('2025-06-01' AS DATE)) AS _m0,
    CAST(NULL AS DECIMAL(38, 4)) AS _m1
  FROM _days0 AS orders
  GROUP BY
    1
  HAVING
    COUNT(*) FILTER(WHERE
      orders._k0 >= CAST('2025-06-01' AS DATE)) > 0
  UNION ALL
  SELECT
    CAST(DATE_TRUNC('MONTH', CAST(orders._k0 + INTERVAL '12' MONTH AS DATE)) AS DATE) AS date_month,
    CAST(NULL AS DECIMAL(38, 4)) AS _m0,
    SUM(orders._p0) FILTER(WHERE
      orders._k0 < CAST('2025-07-01' AS DATE)) AS _m1
  FROM _days0 AS orders
  GROUP BY
    1
  HAVING
    COUNT(*) FILTER(WHERE
      orders._k0 < CAST('2025-07-01' AS DATE)) > 0
) AS facts
GROUP BY
  1
ORDER BY
  1 ASC

-- shape: compare_weekdays
SELECT
  facts.date_day AS date_day,
  CAST(MAX(facts._m0) AS DOUBLE) AS net_revenue,
  CAST(MAX(facts._m1) AS DOUBLE) AS net_revenue_last_year
FROM (
  SELECT
    orders.order_date AS date_day,
    SUM(orders.net_sales) AS _m0,
    CAST(NULL AS DECIMAL(38, 4)) AS _m1
  FROM fct_order AS orders
  WHERE
    orders.order_date >= CAST('2026-06-24' AS DATE)
    AND orders.order_date < CAST('2026-07-01' AS DATE)
    AND NOT orders.is_test
    AND orders.status <> 'cancelled'
    AND orders.status <> 'returned'
  GROUP BY
    1
  UNION ALL
  SELECT
    CAST(orders.order_date + INTERVAL '364' DAY AS DATE) AS date_day,
    CAST(NULL AS DECIMAL(38, 4)) AS _m0,
    SUM(orders.net_sales) AS _m1
  FROM fct_order AS orders
  WHERE
    orders.order_date >= CAST('2025-06-25' AS DATE)
    AND orders.order_date < CAST('2025-07-02' AS DATE)
    AND NOT orders.is_test
    AND orders.status <> 'cancelled'
    AND orders.status <> 'returned'
  GROUP BY
    1
) AS facts
GROUP BY
  1
ORDER BY
  1 ASC

-- shape: compare_groups
SELECT
  facts.channel AS channel,
  CAST(MAX(facts._m0) AS DOUBLE) / NULLIF(CAST(MAX(facts._m1) AS DOUBLE), 0) AS roas,
  CAST(MAX(facts._m2) AS DOUBLE) / NULLIF(CAST(MAX(facts._m3) AS DOUBLE), 0) AS roas_previous
FROM (
  SELECT
    channels.channel AS channel,
    SUM(orders._p0) AS _m0,
    CAST(NULL AS DECIMAL(38, 4)) AS _m1,
    CAST(NULL AS DECIMAL(38, 4)) AS _m2,
    CAST(NULL AS DECIMAL(38, 4)) AS _m3
  FROM (
    SELECT
      orders.channel_key AS channel_key,
      SUM(orders.net_sales) AS _p0
    FROM fct_order AS orders
    WHERE
      orders.order_date >= CAST('2026-06-01' AS DATE)
      AND orders.order_date < CAST('2026-07-01' AS DATE)
      AND NOT orders.is_test
      AND orders.status <> 'cancelled'
      AND orders.status <> 'returned'
    GROUP BY
      1
  ) AS orders
  LEFT JOIN dim_channel AS channels
    ON channels.channel_key = orders.channel_key
  GROUP BY
    1
  UNION ALL
  SELECT
    channels.channel AS channel,
    CAST(NULL AS DECIMAL(38, 4)) AS _m0,
    SUM(ad_spend._p0) AS _m1,
    CAST(NULL AS DECIMAL(38, 4)) AS _m2,
    CAST(NULL AS DECIMAL(38, 4)) AS _m3
  FROM (
    SELECT
      ad_spend.channel_key AS channel_key,
      SUM(ad_spend.spend) AS _p0
    FROM fct_ad_campaign_daily AS ad_spend
    WHERE
      ad_spend.date_day >= CAST('2026-06-01' AS DATE)
      AND ad_spend.date_day < CAST('2026-07-01' AS DATE)
    GROUP BY
      1
  ) AS ad_spend
  LEFT JOIN dim_channel AS channels
    ON channels.channel_key = ad_spend.channel_key
  GROUP BY
    1
  UNION ALL
  SELECT
    channels.channel AS channel,
    CAST(NULL AS DECIMAL(38, 4)) AS _m0,
    CAST(NULL AS DECIMAL(38, 4)) AS _m1,
    SUM(orders._p0) AS _m2,
    CAST(NULL AS DECIMAL(38, 4)) AS _m3
  FROM (
    SELECT
      orders.channel_key AS channel_key,
      SUM(orders.net_sales) AS _p0
    FROM fct_order AS orders
    WHERE
      orders.order_date >= CAST('2026-05-01' AS DATE)
      AND orders.order_date < CAST('2026-06-01' AS DATE)
      AND NOT orders.is_test
      AND orders.status <> 'cancelled'
      AND orders.status <> 'returned'
    GROUP BY
      1
  ) AS orders
  LEFT JOIN dim_channel AS channels
    ON channels.channel_key = orders.channel_key
  GROUP BY
    1
  UNION ALL
  SELECT
    channels.channel AS channel,
    CAST(NULL AS DECIMAL(38, 4)) AS _m0,
    CAST(NULL AS DECIMAL(38, 4)) AS _m1,
    CAST(NULL AS DECIMAL(38, 4)) AS _m2,
    SUM(ad_spend._p0) AS _m3
  FROM (
    SELECT
      ad_spend.channel_key AS channel_key,
      SUM(ad_spend.spend) AS _p0
    FROM fct_ad_campaign_daily AS ad_spend
    WHERE
      ad_spend.date_day >= CAST('2026-05-01' AS DATE)
      AND ad_spend.date_day < CAST('2026-06-01' AS DATE)
    GROUP BY
      1
  ) AS ad_spend
  LEFT JOIN dim_channel AS channels
    ON channels.channel_key = ad_spend.channel_key
  GROUP BY
    1
) AS facts
GROUP BY
  1
ORDER BY
  2 DESC,
  1 ASC

-- shape: metric_filter
SELECT
  facts.channel AS channel,
  CAST(MAX(facts._m0) AS DOUBLE) / NULLIF(CAST(MAX(facts._m1) AS DOUBLE), 0) AS roas
FROM (
  SELECT
    channels.channel AS channel,
    SUM(orders._p0) AS _m0,
    CAST(NULL AS DECIMAL(38, 4)) AS _m1
  FROM (
    SELECT
      orders.channel_key AS channel_key,
      SUM(orders.net_sales) AS _p0
    FROM fct_order AS orders
    WHERE
      (
        orders.order_date < CAST('2026-07-01' AS DATE) OR orders.order_date IS NULL
      )
      AND NOT orders.is_test
      AND orders.status <> 'cancelled'
      AND orders.status <> 'returned'
    GROUP BY
      1
  ) AS orders
  LEFT JOIN dim_channel AS channels
    ON channels.channel_key = orders.channel_key
  GROUP BY
    1
  UNION ALL
  SELECT
    channels.channel AS channel,
    CAST(NULL AS DECIMAL(38, 4)) AS _m0,
    SUM(ad_spend._p0) AS _m1
  FROM (
    SELECT
      ad_spend.channel_key AS channel_key,
      SUM(ad_spend.spend) AS _p0
    FROM fct_ad_campaign_daily AS ad_spend
    WHERE
      ad_spend.date_day < CAST('2026-07-01' AS DATE) OR ad_spend.date_day IS NULL
    GROUP BY
      1
  ) AS ad_spend
  LEFT JOIN dim_channel AS channels
    ON channels.channel_key = ad_spend.channel_key
  GROUP BY
    1
) AS facts
GROUP BY
  1
HAVING
  CAST(MAX(facts._m1) AS DOUBLE) > 100
ORDER BY
  2 DESC,
  1 ASC

-- shape: metric_filter_with_totals
SELECT
  answer.channel AS channel,
  answer.spend AS spend,
  answer._t0 AS _t0
FROM (
  SELECT
    facts.channel AS channel,
    GROUPING(facts.channel) AS _t0,
    CAST(SUM(facts._m0) AS DOUBLE) AS spend,
    CAST(SUM(facts._m0) AS DOUBLE) AS _h0
  FROM (
    SELECT
      channels.channel AS channel,
      SUM(ad_spend._p0) AS _m0
    FROM (
      SELECT
        ad_spend.channel_key AS channel_key,
        SUM(ad_spend.spend) AS _p0
      FROM fct_ad_campaign_daily AS ad_spend
      WHERE
        ad_spend.date_day < CAST('2026-07-01' AS DATE) OR ad_spend.date_day IS NULL
      GROUP BY
        1
    ) AS ad_spend
    LEFT JOIN dim_channel AS channels
      ON channels.channel_key = ad_spend.channel_key
    GROUP BY
      1
  ) AS facts
  GROUP BY
    GROUPING SETS (
      (facts.channel),
      ()
    )
) AS answer
WHERE
  answer._t0 = 1 OR answer._h0 BETWEEN 1 AND 1000
ORDER BY
  3 ASC,
  2 DESC,
  1 ASC

-- shape: segment
SELECT
  channels.channel AS channel,
  CAST(SUM(orders._p0) AS DOUBLE) AS net_revenue
FROM (
  SELECT
    orders.channel_key AS channel_key,
    SUM(orders.net_sales) AS _p0
  FROM fct_order AS orders
  WHERE
    orders.order_date >= CAST('2026-06-01' AS DATE)
    AND orders.order_date < CAST('2026-06-29' AS DATE)
    AND NOT orders.is_test
    AND orders.status <> 'cancelled'
    AND orders.status <> 'returned'
    AND EXISTS(
      SELECT
        1
      FROM fct_message_recipient AS segment
      WHERE
        segment.customer_id = orders.customer_id
        AND (
          segment.clicks > 0 AND NOT segment.is_bot_click
        )
        AND segment.clicked_date >= CAST('2026-06-01' AS DATE)
        AND segment.clicked_date < CAST('2026-07-01' AS DATE)
    )
  GROUP BY
    1
) AS orders
LEFT JOIN dim_channel AS channels
  ON channels.channel_key = orders.channel_key
GROUP BY
  1
ORDER BY
  2 DESC,
  1 ASC

-- shape: not_in_segment
SELECT
  channels.channel AS channel,
  CAST(SUM(orders._p0) AS DOUBLE) AS net_revenue
FROM (
  SELECT
    orders.channel_key AS channel_key,
    SUM(orders.net_sales) AS _p0
  FROM fct_order AS orders
  WHERE
    (
      orders.market IN ('DE', 'AT')
    )
    AND (
      orders.order_date < CAST('2026-07-01' AS DATE) OR orders.order_date IS NULL
    )
    AND NOT orders.is_test
    AND orders.status <> 'cancelled'
    AND orders.status <> 'returned'
    AND NOT EXISTS(
      SELECT
        1
      FROM fct_refund AS segment
      WHERE
        segment.customer_id = orders.customer_id
        AND (
          segment.refund_date < CAST('2026-07-01' AS DATE) OR segment.refund_date IS NULL
        )
        AND EXISTS(
          SELECT
            1
          FROM fct_order AS order_rule
          WHERE
            order_rule.order_id = segment.order_id
            AND (
              order_rule.market IN ('DE', 'AT')
            )
        )
    )
  GROUP BY
    1
) AS orders
LEFT JOIN dim_channel AS channels
  ON channels.channel_key = orders.channel_key
GROUP BY
  1
ORDER BY
  2 DESC,
  1 ASC

-- shape: as_is
SELECT
  customer_current.tier AS customer_tier,
  CAST(SUM(orders._p0) AS DOUBLE) AS net_revenue
FROM (
  SELECT
    orders.customer_key AS customer_key,
    SUM(orders.net_sales) AS _p0
  FROM fct_order AS orders
  WHERE
    (
      orders.order_date < CAST('2026-07-01' AS DATE) OR orders.order_date IS NULL
    )
    AND NOT orders.is_test
    AND orders.status <> 'cancelled'
    AND orders.status <> 'returned'
  GROUP BY
    1
) AS orders
LEFT JOIN dim_customer AS customer
  ON customer.customer_key = orders.customer_key
LEFT JOIN dim_customer AS customer_current
  ON customer_current.customer_id = customer.customer_id
  AND customer_current.is_current
GROUP BY
  1
ORDER BY
  2 DESC,
  1 ASC

-- shape: fiscal_quarter
SELECT
  CAST(DATE_TRUNC('QUARTER', orders._k0 - INTERVAL '3' MONTH) + INTERVAL '3' MONTH AS DATE) AS date_fiscal_quarter,
  CAST(SUM(orders._p0) AS DOUBLE) AS net_revenue
FROM (
  SELECT
    orders.order_date AS _k0,
    SUM(orders.net_sales) AS _p0
  FROM fct_order AS orders
  WHERE
    (
      orders.order_date < CAST('2026-07-01' AS DATE) OR orders.order_date IS NULL
    )
    AND NOT orders.is_test
    AND orders.status <> 'cancelled'
    AND orders.status <> 'returned'
  GROUP BY
    1
) AS orders
GROUP BY
  1
ORDER BY
  1 ASC

-- shape: keys_that_all_match
SELECT
  facts.channel AS channel,
  facts.date_week AS date_week,
  CAST(MAX(facts._m0) AS DOUBLE) AS net_revenue,
  CAST(MAX(facts._m1) AS DOUBLE) AS spend
FROM (
  SELECT
    orders._k0 AS channel,
    CAST(DATE_TRUNC('WEEK', orders._k1) AS DATE) AS date_week,
    SUM(orders._p0) AS _m0,
    CAST(NULL AS DECIMAL(38, 4)) AS _m1
  FROM (
    SELECT
      channels.channel AS _k0,
      orders.order_date AS _k1,
      SUM(orders.net_sales) AS _p0
    FROM fct_order AS orders
    JOIN dim_channel AS channels
      ON channels.channel_key = orders.channel_key
    WHERE
      orders.order_date >= CAST('2026-03-30' AS DATE)
      AND orders.order_date < CAST('2026-06-29' AS DATE)
      AND NOT orders.is_test
      AND orders.status <> 'cancelled'
      AND orders.status <> 'returned'
    GROUP BY
      1,
      2
  ) AS orders
  GROUP BY
    1,
    2
  UNION ALL
  SELECT
    ad_spend._k0 AS channel,
    CAST(DATE_TRUNC('WEEK', ad_spend._k1) AS DATE) AS date_week,
    CAST(NULL AS DECIMAL(38, 4)) AS _m0,
    SUM(ad_spend._p0) AS _m1
  FROM (
    SELECT
      channels.channel AS _k0,
      ad_spend.date_day AS _k1,
      SUM(ad_spend.spend) AS _p0
    FROM fct_ad_campaign_daily AS ad_spend
    JOIN dim_channel AS channels
      ON channels.channel_key = ad_spend.channel_key
    WHERE
      ad_spend.date_day >= CAST('2026-03-30' AS DATE)
      AND ad_spend.date_day < CAST('2026-06-29' AS DATE)
    GROUP BY
      1,
      2
  ) AS ad_spend
  GROUP BY
    1,
    2
) AS facts
GROUP BY
  1,
  2
ORDER BY
  2 ASC,
  1 ASC

-- shape: months_before_channels
SELECT
  facts.channel AS channel,
  facts.date_month AS date_month,
  CAST(MAX(facts._m0) AS DOUBLE) AS net_revenue,
  CAST(MAX(facts._m1) AS DOUBLE) AS spend
FROM (
  SELECT
    channels.channel AS channel,
    MAKE_DATE(orders._k1 // 12, orders._k1 % 12 + 1, 1) AS date_month,
    SUM(orders._p0) AS _m0,
    CAST(NULL AS DECIMAL(38, 4)) AS _m1
  FROM (
    SELECT
      orders.channel_key AS channel_key,
      YEAR(orders.order_date) * 12 + MONTH(orders.order_date) - 1 AS _k1,
      SUM(orders.net_sales) AS _p0
    FROM fct_order AS orders
    WHERE
      (
        orders.order_date < CAST('2026-07-01' AS DATE) OR orders.order_date IS NULL
      )
      AND NOT orders.is_test
      AND orders.status <> 'cancelled'
      AND orders.status <> 'returned'
    GROUP BY
      1,
      2
  ) AS orders
  LEFT JOIN dim_channel AS channels
    ON channels.channel_key = orders.channel_key
  GROUP BY
    1,
    2
  UNION ALL
  SELECT
    channels.channel AS channel,
    MAKE_DATE(ad_spend._k1 // 12, ad_spend._k1 % 12 + 1, 1) AS date_month,
    CAST(NULL AS DECIMAL(38, 4)) AS _m0,
    SUM(ad_spend._p0) AS _m1
  FROM (
    SELECT
      ad_spend.channel_key AS channel_key,
      YEAR(ad_spend.date_day) * 12 + MONTH(ad_spend.date_day) - 1 AS _k1,
      SUM(ad_spend.spend) AS _p0
    FROM fct_ad_campaign_daily AS ad_spend
    WHERE
      ad_spend.date_day < CAST('2026-07-01' AS DATE) OR ad_spend.date_day IS NULL
    GROUP BY
      1,
      2
  ) AS ad_spend
  LEFT JOIN dim_channel AS channels
    ON channels.channel_key = ad_spend.channel_key
  GROUP BY
    1,
    2
) AS facts
GROUP BY
  1,
  2
ORDER BY
  2 ASC,
  1 ASC

-- shape: values_of_keys_that_all_match
SELECT
  ads.creative_type AS creative_type,
  ad_creatives._k1 AS channel,
  COUNT(ad_creatives.ad_key) AS active_ads
FROM (
  SELECT
    ad_creatives.ad_key AS ad_key,
    channels.channel AS _k1
  FROM (
    SELECT
      c.date_day,
      c.platform,
      c.account_id,
      c.campaign_id,
      c.ad_key,
      c.impressions,
      c.clicks,
      c.spend,
      c.is_final,
      c.loaded_at,
      a.market
    FROM fct_ad_creative_daily AS c
    LEFT JOIN (
      SELECT
        account_id,
        market
      FROM fct_ad_campaign_daily
      GROUP BY
        account_id,
        market
    ) AS a
      ON a.account_id = c.account_id
  ) AS ad_creatives
  JOIN dim_campaign AS campaigns
    ON campaigns.campaign_id = ad_creatives.campaign_id
  JOIN dim_channel AS channels
    ON channels.channel_key = campaigns.channel_key
  WHERE
    (
      ad_creatives.date_day < CAST('2026-07-01' AS DATE)
      OR ad_creatives.date_day IS NULL
    )
    AND ad_creatives.spend > 0
  GROUP BY
    1,
    2
) AS ad_creatives
JOIN dim_ad AS ads
  ON ads.ad_key = ad_creatives.ad_key
GROUP BY
  1,
  2
ORDER BY
  3 DESC,
  1 ASC,
  2 ASC

-- shape: values_once
SELECT
  ads.creative_type AS creative_type,
  COUNT(ad_creatives.ad_key) AS active_ads
FROM (
  SELECT
    ad_creatives.ad_key AS ad_key
  FROM (
    SELECT
      c.date_day,
      c.platform,
      c.account_id,
      c.campaign_id,
      c.ad_key,
      c.impressions,
      c.clicks,
      c.spend,
      c.is_final,
      c.loaded_at,
      a.market
    FROM fct_ad_creative_daily AS c
    LEFT JOIN (
      SELECT
        account_id,
        market
      FROM fct_ad_campaign_daily
      GROUP BY
        account_id,
        market
    ) AS a
      ON a.account_id = c.account_id
  ) AS ad_creatives
  WHERE
    (
      ad_creatives.date_day < CAST('2026-07-01' AS DATE)
      OR ad_creatives.date_day IS NULL
    )
    AND ad_creatives.spend > 0
  GROUP BY
    1
) AS ad_creatives
LEFT JOIN dim_ad AS ads
  ON ads.ad_key = ad_creatives.ad_key
GROUP BY
  1
ORDER BY
  2 DESC,
  1 ASC

-- shape: filter_on_one_fact
SELECT
  facts.channel AS channel,
  CAST(MAX(facts._m0) AS DOUBLE) AS spend,
  CAST(COALESCE(MAX(facts._m1), 0) AS BIGINT) AS orders
FROM (
  SELECT
    channels.channel AS channel,
    SUM(ad_spend._p0) AS _m0,
    CAST(NULL AS BIGINT) AS _m1
  FROM (
    SELECT
      ad_spend.channel_key AS channel_key,
      SUM(ad_spend.spend) AS _p0
    FROM fct_ad_campaign_daily AS ad_spend
    WHERE
      ad_spend.date_day < CAST('2026-07-01' AS DATE) OR ad_spend.date_day IS NULL
    GROUP BY
      1
  ) AS ad_spend
  LEFT JOIN dim_channel AS channels
    ON channels.channel_key = ad_spend.channel_key
  GROUP BY
    1
  UNION ALL
  SELECT
    channels.channel AS channel,
    CAST(NULL AS DECIMAL(38, 4)) AS _m0,
    SUM(orders._p0) AS _m1
  FROM (
    SELECT
      orders.channel_key AS channel_key,
      COUNT(*) AS _p0
    FROM fct_order AS orders
    WHERE
      (
        orders.order_date < CAST('2026-07-01' AS DATE) OR orders.order_date IS NULL
      )
      AND NOT orders.is_test
      AND orders.status <> 'cancelled'
      AND orders.coupon_code IS NULL
    GROUP BY
      1
  ) AS orders
  LEFT JOIN dim_channel AS channels
    ON channels.channel_key = orders.channel_key
  GROUP BY
    1
) AS facts
GROUP BY
  1
ORDER BY
  2 DESC,
  1 ASC

-- shape: mean_with_what_is_behind_it
SELECT
  answer.market AS market,
  answer.average_response_minutes AS average_response_minutes,
  answer.leads AS leads,
  answer._t0 AS _t0,
  answer._s0 AS _s0,
  answer._s1 AS _s1,
  answer._groups AS _groups
FROM (
  SELECT
    answer.market AS market,
    answer.average_response_minutes AS average_response_minutes,
    answer.leads AS leads,
    answer._t0 AS _t0,
    answer._s0 AS _s0,
    answer._s1 AS _s1,
    CASE WHEN answer._t0 = 1 THEN 1 ELSE 0 END AS _special,
    ROW_NUMBER() OVER (
      PARTITION BY CASE WHEN answer._t0 = 1 THEN 1 ELSE 0 END
      ORDER BY answer._t0 ASC, answer.average_response_minutes DESC, answer.market ASC
    ) AS _place,
    SUM(CASE WHEN answer._t0 = 1 THEN 0 ELSE 1 END) OVER () AS _groups
  FROM (
    SELECT
      facts.market AS market,
      GROUPING(facts.market) AS _t0,
      CAST(AVG(facts._m0) AS DOUBLE) AS average_response_minutes,
      COUNT(facts._m1) AS leads,
      CAST(COUNT(facts._m2) AS DOUBLE) AS _s0,
      CAST(VARIANCE(CAST(facts._m3 AS DOUBLE)) AS DOUBLE) AS _s1
    FROM (
      SELECT
        leads.market AS market,
        leads.first_response_minutes AS _m0,
        1 AS _m1,
        leads.first_response_minutes AS _m2,
        leads.first_response_minutes AS _m3
      FROM fct_lead AS leads
      WHERE
        (
          leads.lead_date < CAST('2026-07-01' AS DATE) OR leads.lead_date IS NULL
        )
        AND NOT leads.is_test
        AND NOT leads.is_internal
    ) AS facts
    GROUP BY
      GROUPING SETS (
        (facts.market),
        ()
      )
  ) AS answer
) AS answer
WHERE
  answer._special = 1 OR answer._place <= 5
ORDER BY
  4 ASC,
  2 DESC,
  1 ASC

-- shape: things_behind_each_number
SELECT
  facts.date_month AS date_month,
  CAST(MAX(facts._m0) AS DOUBLE) AS revenue,
  CAST(MAX(facts._m2) AS BIGINT) AS units,
  CAST(MAX(facts._m1) AS DOUBLE) AS _g0,
  CAST(MAX(facts._m3) AS DOUBLE) AS _g1
FROM (
  SELECT
    CAST(DATE_TRUNC('MONTH', orders.order_day) AS DATE) AS date_month,
    SUM(orders.amount) AS _m0,
    COUNT(DISTINCT orders.customer_id) FILTER(WHERE
      NOT orders.amount IS NULL) AS _m1,
    CAST(NULL AS BIGINT) AS _m2,
    CAST(NULL AS BIGINT) AS _m3
  FROM orders
  WHERE
    orders.order_day >= CAST('2026-03-01' AS DATE)
    AND orders.order_day < CAST('2026-05-01' AS DATE)
    AND NOT orders.is_test
  GROUP BY
    1
  UNION ALL
  SELECT
    CAST(DATE_TRUNC('MONTH', lines.order_day) AS DATE) AS date_month,
    CAST(NULL AS DECIMAL(38, 4)) AS _m0,
    CAST(NULL AS BIGINT) AS _m1,
    SUM(lines.quantity) AS _m2,
    COUNT(DISTINCT orders.customer_id) FILTER(WHERE
      NOT lines.quantity IS NULL) AS _m3
  FROM (
    SELECT
      l.order_id,
      l.line_no,
      l.product,
      l.quantity,
      l.net,
      o.ordered_at,
      o.order_day
    FROM lines AS l
    LEFT JOIN orders AS o
      ON o.order_id = l.order_id
  ) AS lines
  LEFT JOIN orders
    ON orders.order_id = lines.order_id
  WHERE
    lines.order_day >= CAST('2026-03-01' AS DATE)
    AND lines.order_day < CAST('2026-05-01' AS DATE)
  GROUP BY
    1
) AS facts
GROUP BY
  1
ORDER BY
  1 ASC

-- shape: top_of_enough_things
WITH _top AS (
  SELECT
    ranked.channel AS channel,
    1 AS found
  FROM (
    SELECT
      facts.channel AS channel,
      CASE
        WHEN CAST(MAX(facts._m1) AS DOUBLE) >= 2
        THEN CAST(MAX(facts._m0) AS DOUBLE)
      END AS revenue,
      CAST(COALESCE(MAX(facts._m2), 0) AS BIGINT) AS visits
    FROM (
      SELECT
        channels.channel AS channel,
        SUM(orders.amount) AS _m0,
        COUNT(DISTINCT orders.customer_id) FILTER(WHERE
          NOT orders.amount IS NULL) AS _m1,
        CAST(NULL AS BIGINT) AS _m2
      FROM orders
      LEFT JOIN channels
        ON channels.channel_key = orders.channel_key
      WHERE
        (
          orders.order_day < CAST('2026-07-01' AS DATE) OR orders.order_day IS NULL
        )
        AND NOT orders.is_test
      GROUP BY
        1
      UNION ALL
      SELECT
        channels.channel AS channel,
        CAST(NULL AS DECIMAL(38, 4)) AS _m0,
        CAST(NULL AS BIGINT) AS _m1,
        SUM(sessions._p0) AS _m2
      FROM (
        SELECT
          sessions.channel_key AS channel_key,
          COUNT(*) AS _p0
        FROM sessions
        WHERE
          (
            sessions.start_day < CAST('2026-07-01' AS DATE) OR sessions.start_day IS NULL
          )
          AND NOT sessions.is_bot
        GROUP BY
          1
      ) AS sessions
      LEFT JOIN channels
        ON channels.channel_key = sessions.channel_key
      GROUP BY
        1
    ) AS facts
    GROUP BY
      1
    ORDER BY
      2 DESC,
      1 ASC
    LIMIT 3
  ) AS ranked
)
SELECT
  facts.channel AS channel,
  facts._other AS _other,
  facts._t0 AS _t0,
  CAST(MAX(facts._m0) AS DOUBLE) AS revenue,
  CAST(COALESCE(MAX(facts._m2), 0) AS BIGINT) AS visits,
  CAST(MAX(facts._m1) AS DOUBLE) AS _g0
FROM (
  SELECT
    facts.channel AS channel,
    facts._other AS _other,
    GROUPING(facts.channel) AS _t0,
    SUM(facts._m0) AS _m0,
    COUNT(DISTINCT facts._m1) AS _m1,
    CAST(NULL AS BIGINT) AS _m2
  FROM (
    SELECT
      CASE WHEN _top.found = 1 THEN every.channel END AS channel,
      CASE WHEN _top.found = 1 THEN 0 ELSE 1 END AS _other,
      every._m0 AS _m0,
      every._m1 AS _m1
    FROM (
      SELECT
        channels.channel AS channel,
        orders.amount AS _m0,
        CASE WHEN NOT orders.amount IS NULL THEN orders.customer_id END AS _m1
      FROM orders
      LEFT JOIN channels
        ON channels.channel_key = orders.channel_key
      WHERE
        (
          orders.order_day < CAST('2026-07-01' AS DATE) OR orders.order_day IS NULL
        )
        AND NOT orders.is_test
    ) AS every
    LEFT JOIN _top
      ON _top.channel IS NOT DISTINCT FROM every.channel
  ) AS facts
  GROUP BY
    GROUPING SETS (
      (facts.channel, facts._other),
      ()
    )
  UNION ALL
  SELECT
    facts.channel AS channel,
    facts._other AS _other,
    GROUPING(facts.channel) AS _t0,
    CAST(NULL AS DECIMAL(38, 4)) AS _m0,
    CAST(NULL AS BIGINT) AS _m1,
    SUM(facts._m2) AS _m2
  FROM (
    SELECT
      CASE WHEN _top.found = 1 THEN every.channel END AS channel,
      CASE WHEN _top.found = 1 THEN 0 ELSE 1 END AS _other,
      every._m2 AS _m2
    FROM (
      SELECT
        channels.channel AS channel,
        SUM(sessions._p0) AS _m2
      FROM (
        SELECT
          sessions.channel_key AS channel_key,
          COUNT(*) AS _p0
        FROM sessions
        WHERE
          (
            sessions.start_day < CAST('2026-07-01' AS DATE) OR sessions.start_day IS NULL
          )
          AND NOT sessions.is_bot
        GROUP BY
          1
      ) AS sessions
      LEFT JOIN channels
        ON channels.channel_key = sessions.channel_key
      GROUP BY
        1
    ) AS every
    LEFT JOIN _top
      ON _top.channel IS NOT DISTINCT FROM every.channel
  ) AS facts
  GROUP BY
    GROUPING SETS (
      (facts.channel, facts._other),
      ()
    )
) AS facts
GROUP BY
  1,
  2,
  3
ORDER BY
  3 ASC,
  2 ASC,
  1 ASC

-- shape: minutes
SELECT
  sessions.session_start_at - (
    sessions.session_start_at AT TIME ZONE 'Europe/Berlin' - DATE_TRUNC('MINUTE', sessions.session_start_at AT TIME ZONE 'Europe/Berlin')
  ) AS date_minute,
  COUNT(*) AS sessions
FROM fct_web_session AS sessions
WHERE
  sessions.session_date >= CAST('2026-06-30' AS DATE)
  AND sessions.session_date < CAST('2026-07-01' AS DATE)
  AND NOT sessions.is_bot
  AND NOT sessions.is_internal
GROUP BY
  1
ORDER BY
  1 ASC

-- shape: milliseconds_of_a_clock
SELECT
  DATE_TRUNC('MILLISECOND', scans.till_clock) AS date_millisecond,
  CAST(SUM(scans.items) AS BIGINT) AS items_by_till
FROM scans
WHERE
  scans.till_clock < CAST('2026-07-01 00:00:00' AS TIMESTAMP)
  OR scans.till_clock IS NULL
GROUP BY
  1
ORDER BY
  1 ASC

-- shape: parts_of_a_date
SELECT
  CAST(EXTRACT(YEAR FROM orders._k0) AS BIGINT) AS date_part_year,
  CAST(EXTRACT(QUARTER FROM orders._k1) AS BIGINT) AS date_part_quarter,
  CAST(EXTRACT(MONTH FROM orders._k2) AS BIGINT) AS date_part_month,
  CAST(EXTRACT(DAY FROM orders._k3) AS BIGINT) AS date_part_day,
  CAST(EXTRACT(DAYOFYEAR FROM orders._k4) AS BIGINT) AS date_part_doy,
  CAST(EXTRACT(ISODOW FROM orders._k5) AS BIGINT) AS date_part_dow,
  CAST(SUM(orders._p0) AS DOUBLE) AS net_revenue
FROM (
  SELECT
    orders.order_date AS _k0,
    orders.order_date AS _k1,
    orders.order_date AS _k2,
    orders.order_date AS _k3,
    orders.order_date AS _k4,
    orders.order_date AS _k5,
    SUM(orders.net_sales) AS _p0
  FROM fct_order AS orders
  WHERE
    (
      orders.order_date < CAST('2026-07-01' AS DATE) OR orders.order_date IS NULL
    )
    AND NOT orders.is_test
    AND orders.status <> 'cancelled'
    AND orders.status <> 'returned'
  GROUP BY
    1,
    2,
    3,
    4,
    5,
    6
) AS orders
GROUP BY
  1,
  2,
  3,
  4,
  5,
  6
ORDER BY
  1 ASC,
  2 ASC,
  3 ASC,
  4 ASC,
  5 ASC,
  6 ASC

-- shape: hour_of_the_day
SELECT
  CAST(EXTRACT(HOUR FROM sessions.session_start_at AT TIME ZONE 'Europe/Berlin') AS BIGINT) AS date_part_hour,
  COUNT(*) AS sessions
FROM fct_web_session AS sessions
WHERE
  sessions.session_date >= CAST('2026-06-01' AS DATE)
  AND sessions.session_date < CAST('2026-06-29' AS DATE)
  AND NOT sessions.is_bot
  AND NOT sessions.is_internal
GROUP BY
  1
ORDER BY
  1 ASC

-- shape: compare_from_day_1
SELECT
  facts.date_part_day_number AS date_part_day_number,
  CAST(MAX(facts._m0) AS DOUBLE) AS net_revenue,
  CAST(MAX(facts._m1) AS DOUBLE) AS net_revenue_period
FROM (
  SELECT
    CAST(DATE_DIFF('DAY', CAST(CAST('2026-05-01' AS DATE) AS DATE), orders._k0) + 1 AS BIGINT) AS date_part_day_number,
    SUM(orders._p0) AS _m0,
    CAST(NULL AS DECIMAL(38, 4)) AS _m1
  FROM (
    SELECT
      orders.order_date AS _k0,
      SUM(orders.net_sales) AS _p0
    FROM fct_order AS orders
    WHERE
      orders.order_date >= CAST('2026-05-01' AS DATE)
      AND orders.order_date < CAST('2026-05-15' AS DATE)
      AND NOT orders.is_test
      AND orders.status <> 'cancelled'
      AND orders.status <> 'returned'
    GROUP BY
      1
  ) AS orders
  GROUP BY
    1
  UNION ALL
  SELECT
    CAST(DATE_DIFF('DAY', CAST(CAST('2025-04-24' AS DATE) AS DATE), orders._k0) + 1 AS BIGINT) AS date_part_day_number,
    CAST(NULL AS DECIMAL(38, 4)) AS _m0,
    SUM(orders._p0) AS _m1
  FROM (
    SELECT
      orders.order_date AS _k0,
      SUM(orders.net_sales) AS _p0
    FROM fct_order AS orders
    WHERE
      orders.order_date >= CAST('2025-04-24' AS DATE)
      AND orders.order_date < CAST('2025-05-08' AS DATE)
      AND NOT orders.is_test
      AND orders.status <> 'cancelled'
      AND orders.status <> 'returned'
    GROUP BY
      1
  ) AS orders
  GROUP BY
    1
) AS facts
GROUP BY
  1
ORDER BY
  1 ASC

-- shape: period_of_a_calendar
SELECT
  retail_days.month_start AS date_retail_month,
  orders.device AS device,
  CAST(SUM(orders.amount) AS DOUBLE) AS revenue,
  COUNT(DISTINCT orders.customer_id) AS buyers
FROM orders
LEFT JOIN retail_days
  ON retail_days.retail_day = orders.order_day
WHERE
  orders.order_day >= CAST('2026-03-01' AS DATE)
  AND orders.order_day < CAST('2026-05-03' AS DATE)
  AND NOT orders.is_test
GROUP BY
  1,
  2
ORDER BY
  1 ASC,
  2 ASC

-- shape: compare_periods_of_a_calendar
SELECT
  facts.date_retail_month AS date_retail_month,
  CAST(MAX(facts._m0) AS BIGINT) AS people,
  CAST(MAX(facts._m1) AS BIGINT) AS people_last_year
FROM (
  WITH _days0 AS (
    SELECT
      footfall.walk_day AS _k0,
      SUM(footfall.people) AS _p0
    FROM footfall
    WHERE
      footfall.walk_day < CAST('2026-05-03' AS DATE)
    GROUP BY
      1
  )
  SELECT
    retail_days.month_start AS date_retail_month,
    SUM(footfall._p0) FILTER(WHERE
      footfall._k0 >= CAST('2026-03-01' AS DATE)) AS _m0,
    CAST(NULL AS BIGINT) AS _m1
  FROM _days0 AS footfall
  LEFT JOIN retail_days
    ON retail_days.retail_day = footfall._k0
  GROUP BY
    1
  HAVING
    COUNT(*) FILTER(WHERE
      footfall._k0 >= CAST('2026-03-01' AS DATE)) > 0
  UNION ALL
  SELECT
    retail_days.period AS date_retail_month,
    CAST(NULL AS BIGINT) AS _m0,
    SUM(footfall._p0) AS _m1
  FROM _days0 AS footfall
  INNER JOIN (
    SELECT
      read.day AS day,
      MIN(shown.period) AS period
    FROM (
      SELECT
        main.month_no - other.month_no AS _n
      FROM retail_days AS main
      INNER JOIN retail_days AS other
        ON other.retail_day = CAST(CAST('2025-03-02' AS DATE) AS DATE)
      WHERE
        main.retail_day = CAST(CAST('2026-03-01' AS DATE) AS DATE)
    ) AS steps
    CROSS JOIN (
      SELECT
        calendar.retail_day AS day,
        calendar.month_start AS period,
        calendar.month_no AS _number,
        ROW_NUMBER() OVER (PARTITION BY calendar.month_no ORDER BY calendar.retail_day ASC) AS _place,
        MIN(calendar.retail_day) OVER (PARTITION BY calendar.month_no) AS _first,
        MAX(calendar.retail_day) OVER (PARTITION BY calendar.month_no) AS _last
      FROM retail_days AS calendar
    ) AS read
    INNER JOIN (
      SELECT
        calendar.retail_day AS day,
        calendar.month_start AS period,
        calendar.month_no AS _number,
        ROW_NUMBER() OVER (PARTITION BY calendar.month_no ORDER BY calendar.retail_day ASC) AS _place,
        MIN(calendar.retail_day) OVER (PARTITION BY calendar.month_no) AS _first,
        MAX(calendar.retail_day) OVER (PARTITION BY calendar.month_no) AS _last
      FROM retail_days AS calendar
    ) AS shown
      ON shown._number = read._number + steps._n
      AND (
        shown._place = read._place
        OR (
          shown._first >= CAST(CAST('2026-03-01' AS DATE) AS DATE)
          AND shown._last < CAST(CAST('2026-05-03' AS DATE) AS DATE)
        )
      )
    WHERE
      shown.day >= CAST(CAST('2026-03-01' AS DATE) AS DATE)
      AND shown.day < CAST(CAST('2026-05-03' AS DATE) AS DATE)
      AND steps._n <> 0
    GROUP BY
      1
  ) AS retail_days
    ON retail_days.day = footfall._k0
  GROUP BY
    1
) AS facts
GROUP BY
  1
ORDER BY
  1 ASC

-- shape: metric_of_members
WITH _per0 AS (
  SELECT
    customers.customer_id AS _k0,
    CAST(SUM(orders._p0) AS DOUBLE) / NULLIF(CAST(COALESCE(SUM(orders._p1), 0) AS DOUBLE), 0) AS _value
  FROM (
    SELECT
      orders.customer_key AS customer_key,
      SUM(orders.net_sales) AS _p0,
      COUNT(*) AS _p1
    FROM fct_order AS orders
    WHERE
      (
        orders.order_date < CAST('2026-07-01' AS DATE) OR orders.order_date IS NULL
      )
      AND NOT orders.is_test
      AND orders.status <> 'cancelled'
      AND orders.market IN ('DE')
    GROUP BY
      1
  ) AS orders
  LEFT JOIN dim_customer AS customers
    ON customers.customer_key = orders.customer_key
  GROUP BY
    1
)
SELECT
  channels.channel AS channel,
  CAST(SUM(orders.net_sales) AS DOUBLE) AS net_revenue
FROM fct_order AS orders
LEFT JOIN dim_channel AS channels
  ON channels.channel_key = orders.channel_key
LEFT JOIN dim_customer AS customers
  ON customers.customer_key = orders.customer_key
WHERE
  (
    orders.order_date < CAST('2026-07-01' AS DATE) OR orders.order_date IS NULL
  )
  AND NOT orders.is_test
  AND orders.status <> 'cancelled'
  AND orders.status <> 'returned'
  AND EXISTS(
    SELECT
      1
    FROM _per0 AS members
    WHERE
      members._k0 = customers.customer_id AND members._value > 50
  )
GROUP BY
  1
ORDER BY
  2 DESC,
  1 ASC

-- shape: values_of_several
SELECT
  campaigns.campaign AS campaign,
  channels.channel AS channel
FROM dim_campaign AS campaigns
FULL JOIN dim_channel AS channels
  ON channels.channel_key = campaigns.channel_key
WHERE
  channels.channel IS NULL OR NOT channels.channel IN ('Display')
GROUP BY
  1,
  2
ORDER BY
  1 ASC,
  2 ASC

-- shape: ranges
SELECT
  MIN(listed.customer_tier) AS customer_tier__min,
  MAX(listed.customer_tier) AS customer_tier__max,
  MIN(listed.customer_since_month) AS customer_since_month__min,
  MAX(listed.customer_since_month) AS customer_since_month__max
FROM (
  SELECT
    customers.tier AS customer_tier,
    CAST(DATE_TRUNC('MONTH', customers.first_order_date) AS DATE) AS customer_since_month
  FROM dim_customer AS customers
  GROUP BY
    1,
    2
) AS listed

-- shape: percentiles
SELECT
  leads.market AS market,
  CAST(QUANTILE_CONT(CAST(leads.first_response_minutes AS DOUBLE), 0.5) AS DOUBLE) AS median_response_minutes,
  CAST(QUANTILE_CONT(CAST(leads.first_response_minutes AS DOUBLE), 0.9) AS DOUBLE) AS long_response_minutes
FROM fct_lead AS leads
WHERE
  (
    leads.lead_date < CAST('2026-07-01' AS DATE) OR leads.lead_date IS NULL
  )
  AND NOT leads.is_test
  AND NOT leads.is_internal
GROUP BY
  1
ORDER BY
  2 DESC,
  1 ASC

-- shape: totals_of_percentiles
SELECT
  facts.market AS market,
  GROUPING(facts.market) AS _t0,
  CAST(QUANTILE_CONT(CAST(facts._m0 AS DOUBLE), 0.5) AS DOUBLE) AS median_response_minutes,
  COUNT(facts._m1) AS leads
FROM (
  SELECT
    leads.market AS market,
    leads.first_response_minutes AS _m0,
    1 AS _m1
  FROM fct_lead AS leads
  WHERE
    (
      leads.lead_date < CAST('2026-07-01' AS DATE) OR leads.lead_date IS NULL
    )
    AND NOT leads.is_test
    AND NOT leads.is_internal
) AS facts
GROUP BY
  GROUPING SETS (
    (facts.market),
    ()
  )
ORDER BY
  2 ASC,
  3 DESC,
  1 ASC

-- shape: share_and_place
SELECT
  groups.channel AS channel,
  groups.spend AS spend,
  CAST(CAST(groups.spend AS DOUBLE) / NULLIF(
    CAST(SUM(groups.spend) OVER (
      ORDER BY groups.spend ASC
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) AS DOUBLE),
    0
  ) AS DOUBLE) AS share,
  CAST(CASE
    WHEN NOT groups.spend IS NULL
    THEN RANK() OVER (ORDER BY groups.spend DESC)
  END AS BIGINT) AS place,
  COUNT(*) OVER () AS _groups
FROM (
  SELECT
    channels.channel AS channel,
    CAST(SUM(ad_spend._p0) AS DOUBLE) AS spend
  FROM (
    SELECT
      ad_spend.channel_key AS channel_key,
      SUM(ad_spend.spend) AS _p0
    FROM fct_ad_campaign_daily AS ad_spend
    WHERE
      ad_spend.date_day < CAST('2026-07-01' AS DATE) OR ad_spend.date_day IS NULL
    GROUP BY
      1
  ) AS ad_spend
  LEFT JOIN dim_channel AS channels
    ON channels.channel_key = ad_spend.channel_key
  GROUP BY
    1
) AS groups
ORDER BY
  2 DESC,
  1 ASC
LIMIT 5

-- shape: running_total_by_month
SELECT
  groups.channel AS channel,
  groups.date_month AS date_month,
  groups._t0 AS _t0,
  groups.net_revenue AS net_revenue,
  CAST(CASE
    WHEN NOT groups.date_month IS NULL
    THEN SUM(groups.net_revenue) OVER (
      PARTITION BY groups._t0, groups.channel
      ORDER BY groups.date_month ASC
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    )
  END AS DOUBLE) AS so_far,
  CAST(CASE
    WHEN NOT groups.date_month IS NULL
    AND MIN(
      CASE
        WHEN NOT groups.net_revenue IS NULL
        AND groups.date_month >= CAST('2026-01-01' AS DATE)
        AND groups.date_month < CAST('2026-07-01' AS DATE)
        THEN groups.date_month
      END
    ) OVER (PARTITION BY groups._t0, groups.channel) = MIN(
      CASE
        WHEN NOT groups.net_revenue IS NULL
        AND groups.date_month >= CAST('2026-01-01' AS DATE)
        AND groups.date_month < CAST('2026-07-01' AS DATE)
        THEN groups.date_month
      END
    ) OVER (PARTITION BY groups._t0)
    AND groups.date_month >= CAST('2026-01-01' AS DATE)
    AND groups.date_month < CAST('2026-07-01' AS DATE)
    THEN 100 * (
      CAST(groups.net_revenue AS DOUBLE) / NULLIF(
        CAST(FIRST_VALUE(groups.net_revenue) OVER (
          PARTITION BY groups._t0, groups.channel
          ORDER BY CASE
            WHEN NOT groups.net_revenue IS NULL
            AND groups.date_month >= CAST('2026-01-01' AS DATE)
            AND groups.date_month < CAST('2026-07-01' AS DATE)
            THEN groups.date_month
          END ASC
          ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS DOUBLE),
        0
      )
    )
  END AS DOUBLE) AS since
FROM (
  SELECT
    facts.channel AS channel,
    facts.date_month AS date_month,
    GROUPING(facts.channel) AS _t0,
    CAST(SUM(facts._m0) AS DOUBLE) AS net_revenue
  FROM (
    SELECT
      orders._k0 AS channel,
      CAST(DATE_TRUNC('MONTH', orders._k1) AS DATE) AS date_month,
      SUM(orders._p0) AS _m0
    FROM (
      SELECT
        channels.channel AS _k0,
        orders.order_date AS _k1,
        SUM(orders.net_sales) AS _p0
      FROM fct_order AS orders
      LEFT JOIN dim_channel AS channels
        ON channels.channel_key = orders.channel_key
      WHERE
        orders.order_date >= CAST('2026-01-01' AS DATE)
        AND orders.order_date < CAST('2026-07-01' AS DATE)
        AND NOT orders.is_test
        AND orders.status <> 'cancelled'
        AND orders.status <> 'returned'
      GROUP BY
        1,
        2
    ) AS orders
    GROUP BY
      1,
      2
  ) AS facts
  GROUP BY
    GROUPING SETS (
      (facts.channel, facts.date_month),
      (facts.date_month)
    )
) AS groups
ORDER BY
  3 ASC,
  2 ASC,
  1 ASC

-- shape: index_and_difference
SELECT
  answer.channel AS channel,
  answer.net_revenue AS net_revenue,
  answer.spend AS spend,
  answer.against AS against,
  answer."left" AS "left"
FROM (
  SELECT
    groups.channel AS channel,
    groups.net_revenue AS net_revenue,
    groups.spend AS spend,
    groups._h0 AS _h0,
    CAST(100 * (
      CAST(groups.net_revenue AS DOUBLE) / NULLIF(
        CAST(MAX(CASE WHEN groups.channel = 'Display' THEN groups.net_revenue END) OVER () AS DOUBLE),
        0
      )
    ) AS DOUBLE) AS against,
    CAST(groups.net_revenue - groups.spend AS DOUBLE) AS "left"
  FROM (
    SELECT
      facts.channel AS channel,
      CAST(MAX(facts._m0) AS DOUBLE) AS net_revenue,
      CAST(MAX(facts._m1) AS DOUBLE) AS spend,
      CAST(MAX(facts._m1) AS DOUBLE) AS _h0
    FROM (
      SELECT
        channels.channel AS channel,
        SUM(orders._p0) AS _m0,
        CAST(NULL AS DECIMAL(38, 4)) AS _m1
      FROM (
        SELECT
          orders.channel_key AS channel_key,
          SUM(orders.net_sales) AS _p0
        FROM fct_order AS orders
        WHERE
          (
            orders.order_date < CAST('2026-07-01' AS DATE) OR orders.order_date IS NULL
          )
          AND NOT orders.is_test
          AND orders.status <> 'cancelled'
          AND orders.status <> 'returned'
        GROUP BY
          1
      ) AS orders
      LEFT JOIN dim_channel AS channels
        ON channels.channel_key = orders.channel_key
      GROUP BY
        1
      UNION ALL
      SELECT
        channels.channel AS channel,
        CAST(NULL AS DECIMAL(38, 4)) AS _m0,
        SUM(ad_spend._p0) AS _m1
      FROM (
        SELECT
          ad_spend.channel_key AS channel_key,
          SUM(ad_spend.spend) AS _p0
        FROM fct_ad_campaign_daily AS ad_spend
        WHERE
          ad_spend.date_day < CAST('2026-07-01' AS DATE) OR ad_spend.date_day IS NULL
        GROUP BY
          1
      ) AS ad_spend
      LEFT JOIN dim_channel AS channels
        ON channels.channel_key = ad_spend.channel_key
      GROUP BY
        1
    ) AS facts
    GROUP BY
      1
  ) AS groups
) AS answer
WHERE
  answer._h0 > 100
ORDER BY
  2 DESC,
  1 ASC

-- shape: pareto
WITH _top AS (
  SELECT
    ranked.channel AS channel,
    1 AS found
  FROM (
    SELECT
      channels.channel AS channel,
      CAST(SUM(ad_spend._p0) AS DOUBLE) AS spend
    FROM (
      SELECT
        ad_spend.channel_key AS channel_key,
        SUM(ad_spend.spend) AS _p0
      FROM fct_ad_campaign_daily AS ad_spend
      WHERE
        ad_spend.date_day < CAST('2026-07-01' AS DATE) OR ad_spend.date_day IS NULL
      GROUP BY
        1
    ) AS ad_spend
    LEFT JOIN dim_channel AS channels
      ON channels.channel_key = ad_spend.channel_key
    GROUP BY
      1
    ORDER BY
      2 DESC,
      1 ASC
    LIMIT 3
  ) AS ranked
)
SELECT
  groups.channel AS channel,
  groups._other AS _other,
  groups.spend AS spend,
  CAST(SUM(groups.spend) OVER (
    ORDER BY groups._other ASC, groups.spend DESC, groups.channel ASC
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS DOUBLE) AS so_far
FROM (
  SELECT
    facts.channel AS channel,
    facts._other AS _other,
    CAST(SUM(facts._m0) AS DOUBLE) AS spend
  FROM (
    SELECT
      CASE WHEN _top.found = 1 THEN every.channel END AS channel,
      CASE WHEN _top.found = 1 THEN 0 ELSE 1 END AS _other,
      every._m0 AS _m0
    FROM (
      SELECT
        channels.channel AS channel,
        SUM(ad_spend._p0) AS _m0
      FROM (
        SELECT
          ad_spend.channel_key AS channel_key,
          SUM(ad_spend.spend) AS _p0
        FROM fct_ad_campaign_daily AS ad_spend
        WHERE
          ad_spend.date_day < CAST('2026-07-01' AS DATE) OR ad_spend.date_day IS NULL
        GROUP BY
          1
      ) AS ad_spend
      LEFT JOIN dim_channel AS channels
        ON channels.channel_key = ad_spend.channel_key
      GROUP BY
        1
    ) AS every
    LEFT JOIN _top
      ON _top.channel IS NOT DISTINCT FROM every.channel
  ) AS facts
  GROUP BY
    facts.channel,
    facts._other
) AS groups
ORDER BY
  2 ASC,
  3 DESC,
  1 ASC

-- shape: window_of_all_days
SELECT
  found._k0 AS channel,
  shown._day AS date_month,
  CAST(SUM(found._p0) AS DOUBLE) AS revenue_ever
FROM (
  SELECT
    CAST(UNNEST(
      GENERATE_SERIES(CAST('2026-03-01' AS DATE), CAST('2026-04-30' AS DATE), INTERVAL '1' MONTH)
    ) AS DATE) AS _day
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
  ON found._k1 < CAST(shown._day + INTERVAL '1' MONTH AS DATE)
GROUP BY
  1,
  2
ORDER BY
  2 ASC,
  1 ASC

-- shape: window_of_all_days_without_dates
SELECT
  facts.channel AS channel,
  facts._t0 AS _t0,
  CAST(MAX(facts._m0) AS DOUBLE) AS revenue_ever
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
          CAST(UNNEST(
            GENERATE_SERIES(
              CAST(CAST('2026-03-01' AS DATE) AS DATE),
              CAST(CAST('2026-04-30' AS DATE) AS DATE),
              INTERVAL '1' DAY
            )
          ) AS DATE) AS _day
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
    CAST(NULL AS TEXT) AS channel,
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
          CAST(UNNEST(
            GENERATE_SERIES(
              CAST(CAST('2026-03-01' AS DATE) AS DATE),
              CAST(CAST('2026-04-30' AS DATE) AS DATE),
              INTERVAL '1' DAY
            )
          ) AS DATE) AS _day
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
  2 ASC,
  3 DESC,
  1 ASC

-- shape: window_of_28_days
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
      CAST(DATE_TRUNC('WEEK', shown._day) AS DATE) AS date_week,
      found._p0 AS _m0
    FROM (
      SELECT
        MAX(days._day) AS _day
      FROM (
        SELECT
          CAST(UNNEST(
            GENERATE_SERIES(
              CAST(CAST('2026-06-01' AS DATE) AS DATE),
              CAST(CAST('2026-06-28' AS DATE) AS DATE),
              INTERVAL '1' DAY
            )
          ) AS DATE) AS _day
      ) AS days
      GROUP BY
        CAST(DATE_TRUNC('WEEK', days._day) AS DATE)
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
      ON found._k1 <= shown._day
      AND found._k1 > CAST(shown._day + INTERVAL '-28' DAY AS DATE)
  ) AS facts
  GROUP BY
    facts.channel,
    facts.date_week
  UNION ALL
  SELECT
    CAST(NULL AS TEXT) AS channel,
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
          CAST(UNNEST(
            GENERATE_SERIES(
              CAST(CAST('2026-06-01' AS DATE) AS DATE),
              CAST(CAST('2026-06-28' AS DATE) AS DATE),
              INTERVAL '1' DAY
            )
          ) AS DATE) AS _day
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
      ON found._k1 <= shown._day
      AND found._k1 > CAST(shown._day + INTERVAL '-28' DAY AS DATE)
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
      CAST(DATE_TRUNC('WEEK', shown._day) AS DATE) AS date_week,
      found._p0 AS _m1
    FROM (
      SELECT
        MAX(days._day) AS _day
      FROM (
        SELECT
          CAST(UNNEST(
            GENERATE_SERIES(
              CAST(CAST('2026-06-01' AS DATE) AS DATE),
              CAST(CAST('2026-06-28' AS DATE) AS DATE),
              INTERVAL '1' DAY
            )
          ) AS DATE) AS _day
      ) AS days
      GROUP BY
        CAST(DATE_TRUNC('WEEK', days._day) AS DATE)
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
      ON found._k1 <= shown._day
      AND found._k1 > CAST(shown._day + INTERVAL '-28' DAY AS DATE)
  ) AS facts
  GROUP BY
    facts.channel,
    facts.date_week
  UNION ALL
  SELECT
    CAST(NULL AS TEXT) AS channel,
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
          CAST(UNNEST(
            GENERATE_SERIES(
              CAST(CAST('2026-06-01' AS DATE) AS DATE),
              CAST(CAST('2026-06-28' AS DATE) AS DATE),
              INTERVAL '1' DAY
            )
          ) AS DATE) AS _day
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
      ON found._k1 <= shown._day
      AND found._k1 > CAST(shown._day + INTERVAL '-28' DAY AS DATE)
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

-- shape: window_of_distinct
SELECT
  found._read AS date_day,
  COUNT(DISTINCT found._m0) AS monthly_active_visitors
FROM (
  SELECT
    found.*,
    CAST(UNNEST(
      GENERATE_SERIES(
        CASE
          WHEN found._day < CAST('2026-06-24' AS DATE)
          THEN CAST('2026-06-24' AS DATE)
          ELSE found._day
        END,
        CASE
          WHEN CAST(found._day + INTERVAL '29' DAY AS DATE) > CAST('2026-06-30' AS DATE)
          THEN CAST('2026-06-30' AS DATE)
          ELSE CAST(found._day + INTERVAL '29' DAY AS DATE)
        END,
        INTERVAL '1' DAY
      )
    ) AS DATE) AS _read
  FROM (
    SELECT
      sessions.session_date AS _day,
      sessions.visitor_id AS _m0
    FROM fct_web_session AS sessions
    WHERE
      sessions.session_date >= CAST('2026-05-26' AS DATE)
      AND sessions.session_date < CAST('2026-07-01' AS DATE)
      AND sessions.is_engaged
      AND NOT sessions.is_bot
      AND NOT sessions.is_internal
  ) AS found
) AS found
GROUP BY
  1
ORDER BY
  1 ASC

-- shape: month_to_date
SELECT
  found._k0 AS channel,
  shown._day AS date_day,
  CAST(SUM(found._p0) AS DOUBLE) AS spend_month_to_date
FROM (
  SELECT
    CAST(UNNEST(
      GENERATE_SERIES(
        CAST(CAST('2026-06-15' AS DATE) AS DATE),
        CAST(CAST('2026-06-28' AS DATE) AS DATE),
        INTERVAL '1' DAY
      )
    ) AS DATE) AS _day
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
    ad_spend.date_day >= CAST('2026-06-01' AS DATE)
    AND ad_spend.date_day < CAST('2026-06-29' AS DATE)
  GROUP BY
    1,
    2
) AS found
  ON found._k1 <= shown._day
  AND found._k1 >= CAST(DATE_TRUNC('MONTH', shown._day) AS DATE)
GROUP BY
  1,
  2
ORDER BY
  2 ASC,
  1 ASC

-- shape: window_of_an_open_period
SELECT
  CAST(DATE_TRUNC('MONTH', shown._day) AS DATE) AS date_month,
  CAST(SUM(found._p0) AS DOUBLE) AS net_revenue_28d
FROM (
  SELECT
    MAX(days._day) AS _day
  FROM (
    SELECT
      CAST(UNNEST(
        GENERATE_SERIES(
          (
            SELECT
              MIN(edges._day)
            FROM (
              SELECT
                daily._k0 AS _day
              FROM (
                SELECT
                  orders.order_date AS _k0,
                  SUM(orders.net_sales) AS _p0
                FROM fct_order AS orders
                WHERE
                  orders.order_date < CAST('2026-07-01' AS DATE)
                  AND NOT orders.is_test
                  AND orders.status <> 'cancelled'
                  AND orders.status <> 'returned'
                GROUP BY
                  1
              ) AS daily
            ) AS edges
          ),
          CAST(CAST('2026-06-30' AS DATE) AS DATE),
          INTERVAL '1' DAY
        )
      ) AS DATE) AS _day
  ) AS days
  GROUP BY
    CAST(DATE_TRUNC('MONTH', days._day) AS DATE)
) AS shown
JOIN (
  SELECT
    orders.order_date AS _k0,
    SUM(orders.net_sales) AS _p0
  FROM fct_order AS orders
  WHERE
    orders.order_date < CAST('2026-07-01' AS DATE)
    AND NOT orders.is_test
    AND orders.status <> 'cancelled'
    AND orders.status <> 'returned'
  GROUP BY
    1
) AS found
  ON found._k0 <= shown._day
  AND found._k0 > CAST(shown._day + INTERVAL '-28' DAY AS DATE)
GROUP BY
  1
ORDER BY
  1 ASC

-- shape: first_of_a_longer_period
SELECT
  found._k0 AS channel,
  CAST(DATE_TRUNC('MONTH', shown._day) AS DATE) AS date_month,
  CAST(SUM(found._p0) AS DOUBLE) AS revenue_28d_at_first
FROM (
  SELECT
    MIN(days._day) AS _day
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
  ON found._k1 <= shown._day
  AND found._k1 > CAST(shown._day + INTERVAL '-28' DAY AS DATE)
GROUP BY
  1,
  2
ORDER BY
  2 ASC,
  1 ASC

-- shape: average_of_a_longer_period
SELECT
  facts.date_month AS date_month,
  CAST(COALESCE(MAX(facts._m0), 0) AS DOUBLE) / NULLIF(CAST(COALESCE(MAX(facts._m1), 0) AS DOUBLE), 0) AS stickiness
FROM (
  SELECT
    rows.date_month AS date_month,
    AVG(rows._m0) AS _m0,
    CAST(NULL AS BIGINT) AS _m1
  FROM (
    SELECT
      daily.date_month AS date_month,
      daily._day AS _day,
      COUNT(DISTINCT daily._m0) AS _m0
    FROM (
      SELECT
        CAST(DATE_TRUNC('MONTH', shown._day) AS DATE) AS date_month,
        shown._day AS _day,
        found._m0 AS _m0
      FROM (
        SELECT
          CAST(UNNEST(
            GENERATE_SERIES(
              CAST(CAST('2026-04-01' AS DATE) AS DATE),
              CAST(CAST('2026-06-30' AS DATE) AS DATE),
              INTERVAL '1' DAY
            )
          ) AS DATE) AS _day
      ) AS shown
      JOIN (
        SELECT
          sessions.session_date AS _day,
          sessions.visitor_id AS _m0
        FROM fct_web_session AS sessions
        WHERE
          sessions.session_date >= CAST('2026-04-01' AS DATE)
          AND sessions.session_date < CAST('2026-07-01' AS DATE)
          AND sessions.is_engaged
          AND NOT sessions.is_bot
          AND NOT sessions.is_internal
      ) AS found
        ON found._day <= shown._day
        AND found._day > CAST(shown._day + INTERVAL '-1' DAY AS DATE)
    ) AS daily
    GROUP BY
      1,
      2
  ) AS rows
  GROUP BY
    1
  UNION ALL
  SELECT
    CAST(DATE_TRUNC('MONTH', shown._day) AS DATE) AS date_month,
    CAST(NULL AS DOUBLE) AS _m0,
    COUNT(DISTINCT found._m1) AS _m1
  FROM (
    SELECT
      MAX(days._day) AS _day
    FROM (
      SELECT
        CAST(UNNEST(
          GENERATE_SERIES(
            CAST(CAST('2026-04-01' AS DATE) AS DATE),
            CAST(CAST('2026-06-30' AS DATE) AS DATE),
            INTERVAL '1' DAY
          )
        ) AS DATE) AS _day
    ) AS days
    GROUP BY
      CAST(DATE_TRUNC('MONTH', days._day) AS DATE)
  ) AS shown
  JOIN (
    SELECT
      sessions.session_date AS _day,
      sessions.visitor_id AS _m1
    FROM fct_web_session AS sessions
    WHERE
      sessions.session_date >= CAST('2026-03-03' AS DATE)
      AND sessions.session_date < CAST('2026-07-01' AS DATE)
      AND sessions.is_engaged
      AND NOT sessions.is_bot
      AND NOT sessions.is_internal
  ) AS found
    ON found._day <= shown._day
    AND found._day > CAST(shown._day + INTERVAL '-30' DAY AS DATE)
  GROUP BY
    1
) AS facts
GROUP BY
  1
ORDER BY
  1 ASC

-- shape: window_over_the_models_days
SELECT
  facts.channel AS channel,
  facts.date_month AS date_month,
  CAST(MAX(facts._m0) AS DOUBLE) AS revenue_28d,
  CAST(MAX(facts._m1) AS DOUBLE) AS revenue_mtd,
  CAST(MAX(facts._m2) AS DOUBLE) AS buyers_3d
FROM (
  SELECT
    found.channel AS channel,
    CAST(DATE_TRUNC('MONTH', shown._day) AS DATE) AS date_month,
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
        orders.order_day >= CAST('2026-02-02' AS DATE)
        AND orders.order_day < CAST('2026-05-01' AS DATE)
        AND NOT orders.is_test
    ) AS daily
    GROUP BY
      1,
      2
  ) AS found
    ON found._day <= shown._day
    AND found._day > CAST(shown._day + INTERVAL '-28' DAY AS DATE)
  GROUP BY
    1,
    2
  UNION ALL
  SELECT
    found.channel AS channel,
    CAST(DATE_TRUNC('MONTH', shown._day) AS DATE) AS date_month,
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
      CAST(DATE_TRUNC('MONTH', days._day) AS DATE)
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
    ON found._day <= shown._day
    AND found._day >= CAST(DATE_TRUNC('MONTH', shown._day) AS DATE)
  GROUP BY
    1,
    2
  UNION ALL
  SELECT
    rows.channel AS channel,
    rows.date_month AS date_month,
    CAST(NULL AS DECIMAL(38, 4)) AS _m0,
    CAST(NULL AS DECIMAL(38, 4)) AS _m1,
    AVG(rows._m2) AS _m2
  FROM (
    SELECT
      daily.channel AS channel,
      daily.date_month AS date_month,
      daily._day AS _day,
      COUNT(DISTINCT daily._m2) AS _m2
    FROM (
      SELECT
        found.channel AS channel,
        CAST(DATE_TRUNC('MONTH', shown._day) AS DATE) AS date_month,
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
        ON found._day <= shown._day
        AND found._day > CAST(shown._day + INTERVAL '-3' DAY AS DATE)
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
  2 ASC,
  1 ASC

-- shape: number_beside_its_window
SELECT
  found._k0 AS channel,
  CAST(DATE_TRUNC('WEEK', shown._day) AS DATE) AS date_week,
  CAST(SUM(found._p0) FILTER(WHERE
    found._k1 >= CAST(DATE_TRUNC('WEEK', shown._day) AS DATE)) AS DOUBLE) AS net_revenue,
  CAST(SUM(found._p0) AS DOUBLE) AS net_revenue_28d
FROM (
  SELECT
    MAX(days._day) AS _day
  FROM (
    SELECT
      CAST(UNNEST(
        GENERATE_SERIES(
          CAST(CAST('2026-06-01' AS DATE) AS DATE),
          CAST(CAST('2026-06-28' AS DATE) AS DATE),
          INTERVAL '1' DAY
        )
      ) AS DATE) AS _day
  ) AS days
  GROUP BY
    CAST(DATE_TRUNC('WEEK', days._day) AS DATE)
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
  ON found._k1 <= shown._day
  AND found._k1 > CAST(shown._day + INTERVAL '-28' DAY AS DATE)
GROUP BY
  1,
  2
ORDER BY
  2 ASC,
  1 ASC

-- shape: conversion_by_base
SELECT
  facts.channel AS channel,
  facts.date_month AS date_month,
  CAST(COALESCE(MAX(facts._m0), 0) AS DOUBLE) / NULLIF(CAST(COALESCE(MAX(facts._m1), 0) AS DOUBLE), 0) AS second_order_rate
FROM (
  SELECT
    found.channel AS channel,
    CAST(DATE_TRUNC('MONTH', found._day) AS DATE) AS date_month,
    COUNT(found._m0) AS _m0,
    CAST(NULL AS BIGINT) AS _m1
  FROM (
    SELECT
      met.channel AS channel,
      met._day AS _day,
      met._m0 AS _m0
    FROM (
      SELECT
        base.channel AS channel,
        base._day AS _day,
        event._m0 AS _m0,
        ROW_NUMBER() OVER (PARTITION BY event._j0 ORDER BY base._at DESC, base._i0) AS _place
      FROM (
        SELECT
          channels.channel AS channel,
          orders.order_date AS _day,
          orders.customer_id AS _b0,
          orders.created_at AS _at,
          orders.order_id AS _i0
        FROM fct_order AS orders
        LEFT JOIN dim_channel AS channels
          ON channels.channel_key = orders.channel_key
        WHERE
          orders.order_date >= CAST('2026-01-01' AS DATE)
          AND orders.order_date < CAST('2026-09-29' AS DATE)
          AND (
            orders.is_first_order AND NOT orders.is_test AND orders.status <> 'cancelled'
          )
      ) AS base
      JOIN (
        SELECT
          orders.customer_id AS _c0,
          orders.created_at AS _on,
          orders.order_date AS _on_day,
          orders.order_id AS _j0,
          1 AS _m0
        FROM fct_order AS orders
        WHERE
          orders.order_date < CAST('2026-07-01' AS DATE)
          AND orders.order_number = 2
          AND NOT orders.is_test
          AND orders.status <> 'cancelled'
      ) AS event
        ON event._c0 = base._b0
        AND base._at <= event._on
        AND base._at > event._on - INTERVAL '90' DAY
    ) AS met
    WHERE
      met._place = 1
      AND met._day >= CAST('2026-01-01' AS DATE)
      AND met._day < CAST('2026-07-01' AS DATE)
  ) AS found
  GROUP BY
    1,
    2
  UNION ALL
  SELECT
    orders._k0 AS channel,
    CAST(DATE_TRUNC('MONTH', orders._k1) AS DATE) AS date_month,
    CAST(NULL AS BIGINT) AS _m0,
    SUM(orders._p0) AS _m1
  FROM (
    SELECT
      channels.channel AS _k0,
      orders.order_date AS _k1,
      COUNT(*) AS _p0
    FROM fct_order AS orders
    LEFT JOIN dim_channel AS channels
      ON channels.channel_key = orders.channel_key
    WHERE
      orders.order_date >= CAST('2026-01-01' AS DATE)
      AND orders.order_date < CAST('2026-07-01' AS DATE)
      AND orders.is_first_order
      AND NOT orders.is_test
      AND orders.status <> 'cancelled'
    GROUP BY
      1,
      2
  ) AS orders
  GROUP BY
    1,
    2
) AS facts
GROUP BY
  1,
  2
ORDER BY
  2 ASC,
  1 ASC

-- shape: conversion_by_conversion
SELECT
  found.home AS home,
  CAST(DATE_TRUNC('MONTH', found._day) AS DATE) AS date_month,
  COUNT(found._m0) AS orders_by_mail
FROM (
  SELECT
    met.home AS home,
    met._day AS _day,
    met._m0 AS _m0
  FROM (
    SELECT
      base.home AS home,
      event._on_day AS _day,
      event._m0 AS _m0,
      ROW_NUMBER() OVER (PARTITION BY event._j0 ORDER BY base._at DESC, base._i0) AS _place
    FROM (
      SELECT
        customers.home AS home,
        sent_mails.sent_on AS _day,
        sent_mails.customer_id AS _b0,
        sent_mails.sent_on AS _at,
        sent_mails.mail_id AS _i0
      FROM (
        SELECT
          mail_id,
          customer_id,
          sent_on
        FROM mails
        WHERE
          NOT is_bot
      ) AS sent_mails
      LEFT JOIN customers
        ON customers.customer_id = sent_mails.customer_id
      WHERE
        sent_mails.sent_on >= CAST('2026-01-30' AS DATE)
        AND sent_mails.sent_on < CAST('2026-05-01' AS DATE)
    ) AS base
    JOIN (
      SELECT
        orders.customer_id AS _c0,
        orders.order_day AS _on,
        orders.order_day AS _on_day,
        orders.order_id AS _j0,
        1 AS _m0
      FROM orders
      WHERE
        orders.order_day < CAST('2026-07-01' AS DATE) AND NOT orders.is_test
    ) AS event
      ON event._c0 = base._b0
      AND base._at <= event._on
      AND base._at > CAST(event._on + INTERVAL '-30' DAY AS DATE)
  ) AS met
  WHERE
    met._place = 1
    AND met._day >= CAST('2026-03-01' AS DATE)
    AND met._day < CAST('2026-05-01' AS DATE)
) AS found
GROUP BY
  1,
  2
ORDER BY
  2 ASC,
  1 ASC

-- shape: conversion_of_ones_own_rows
SELECT
  facts.channel AS channel,
  facts._t0 AS _t0,
  CAST(COALESCE(MAX(facts._m0), 0) AS BIGINT) AS visits,
  CAST(COALESCE(MAX(facts._m1), 0) AS DOUBLE) AS revenue_by_visit
FROM (
  SELECT
    facts.channel AS channel,
    GROUPING(facts.channel) AS _t0,
    SUM(facts._m0) AS _m0,
    CAST(NULL AS DECIMAL(38, 4)) AS _m1
  FROM (
    SELECT
      channels.channel AS channel,
      SUM(sessions._p0) AS _m0
    FROM (
      SELECT
        sessions.channel_key AS channel_key,
        COUNT(*) AS _p0
      FROM sessions
      WHERE
        (
          sessions.channel_key IN ('c1', 'c5')
        )
        AND sessions.start_day >= CAST('2026-03-01' AS DATE)
        AND sessions.start_day < CAST('2026-05-01' AS DATE)
        AND NOT sessions.is_bot
      GROUP BY
        1
    ) AS sessions
    LEFT JOIN channels
      ON channels.channel_key = sessions.channel_key
    GROUP BY
      1
  ) AS facts
  GROUP BY
    GROUPING SETS (
      (facts.channel),
      ()
    )
  UNION ALL
  SELECT
    facts.channel AS channel,
    0 AS _t0,
    CAST(NULL AS BIGINT) AS _m0,
    SUM(facts._m1) AS _m1
  FROM (
    SELECT
      found.channel AS channel,
      found._m1 AS _m1
    FROM (
      SELECT
        met.channel AS channel,
        met._day AS _day,
        met._m1 AS _m1
      FROM (
        SELECT
          base.channel AS channel,
          event._on_day AS _day,
          event._m1 AS _m1,
          ROW_NUMBER() OVER (PARTITION BY event._j0 ORDER BY base._at DESC, base._i0) AS _place
        FROM (
          SELECT
            channels.channel AS channel,
            sessions.start_day AS _day,
            sessions.channel_key AS _b0,
            sessions.started_at AS _at,
            sessions.session_id AS _i0
          FROM sessions
          LEFT JOIN channels
            ON channels.channel_key = sessions.channel_key
          WHERE
            (
              sessions.channel_key IN ('c1', 'c5')
            )
            AND sessions.start_day >= CAST('2026-02-22' AS DATE)
            AND sessions.start_day < CAST('2026-05-01' AS DATE)
            AND (
              NOT sessions.is_bot
            )
        ) AS base
        JOIN (
          SELECT
            orders.channel_key AS _c0,
            orders.ordered_at AS _on,
            orders.order_day AS _on_day,
            orders.order_id AS _j0,
            orders.amount AS _m1
          FROM orders
          WHERE
            (
              orders.channel_key IN ('c1', 'c5')
            )
            AND orders.order_day < CAST('2026-07-01' AS DATE)
            AND NOT orders.is_test
        ) AS event
          ON event._c0 = base._b0
          AND base._at <= event._on
          AND base._at > event._on - INTERVAL '7' DAY
      ) AS met
      WHERE
        met._place = 1
        AND met._day >= CAST('2026-03-01' AS DATE)
        AND met._day < CAST('2026-05-01' AS DATE)
    ) AS found
  ) AS facts
  GROUP BY
    facts.channel
  UNION ALL
  SELECT
    CAST(NULL AS TEXT) AS channel,
    1 AS _t0,
    CAST(NULL AS BIGINT) AS _m0,
    SUM(facts._m1) AS _m1
  FROM (
    SELECT
      found.channel AS channel,
      found._m1 AS _m1
    FROM (
      SELECT
        met.channel AS channel,
        met._day AS _day,
        met._m1 AS _m1
      FROM (
        SELECT
          base.channel AS channel,
          event._on_day AS _day,
          event._m1 AS _m1,
          ROW_NUMBER() OVER (PARTITION BY event._j0 ORDER BY base._at DESC, base._i0) AS _place
        FROM (
          SELECT
            channels.channel AS channel,
            sessions.start_day AS _day,
            sessions.channel_key AS _b0,
            sessions.started_at AS _at,
            sessions.session_id AS _i0
          FROM sessions
          LEFT JOIN channels
            ON channels.channel_key = sessions.channel_key
          WHERE
            (
              sessions.channel_key IN ('c1', 'c5')
            )
            AND sessions.start_day >= CAST('2026-02-22' AS DATE)
            AND sessions.start_day < CAST('2026-05-01' AS DATE)
            AND (
              NOT sessions.is_bot
            )
        ) AS base
        JOIN (
          SELECT
            orders.channel_key AS _c0,
            orders.ordered_at AS _on,
            orders.order_day AS _on_day,
            orders.order_id AS _j0,
            orders.amount AS _m1
          FROM orders
          WHERE
            (
              orders.channel_key IN ('c1', 'c5')
            )
            AND orders.order_day < CAST('2026-07-01' AS DATE)
            AND NOT orders.is_test
        ) AS event
          ON event._c0 = base._b0
          AND base._at <= event._on
          AND base._at > event._on - INTERVAL '7' DAY
      ) AS met
      WHERE
        met._place = 1
        AND met._day >= CAST('2026-03-01' AS DATE)
        AND met._day < CAST('2026-05-01' AS DATE)
    ) AS found
  ) AS facts
) AS facts
GROUP BY
  1,
  2
ORDER BY
  2 ASC,
  3 DESC,
  1 ASC

-- shape: balance_of_the_last_day
SELECT
  facts.date_quarter AS date_quarter,
  facts._t0 AS _t0,
  CAST(MAX(facts._m0) AS DOUBLE) AS mrr,
  CAST(MAX(facts._m1) AS DOUBLE) AS opening_mrr
FROM (
  SELECT
    facts.date_quarter AS date_quarter,
    0 AS _t0,
    SUM(facts._m0) AS _m0,
    CAST(NULL AS DECIMAL(38, 4)) AS _m1
  FROM (
    SELECT
      CAST(DATE_TRUNC('QUARTER', found._day) AS DATE) AS date_quarter,
      found._m0 AS _m0
    FROM (
      SELECT
        dated._day AS _day,
        dated._m0 AS _m0,
        MAX(dated._day) OVER (PARTITION BY CAST(DATE_TRUNC('QUARTER', dated._day) AS DATE)) AS _last
      FROM (
        SELECT
          mrr_movements.month AS _day,
          mrr_movements.mrr AS _m0
        FROM (
          SELECT
            m.customer_id,
            m.month,
            m.market,
            m.mrr,
            m.opening_mrr,
            m.change,
            m.category,
            m.is_active,
            m.loaded_at,
            COALESCE(e.plan_key, s.plan_key) AS plan_key,
            CASE WHEN m.category = 'churn' THEN x.cancel_reason END AS cancel_reason
          FROM fct_mrr_month AS m
          LEFT JOIN fct_subscription_period AS e
            ON e.customer_id = m.customer_id
            AND e.market = m.market
            AND e.status = 'active'
            AND e.valid_from < m.month + INTERVAL '1' MONTH
            AND e.valid_to >= m.month + INTERVAL '1' MONTH
          LEFT JOIN fct_subscription_period AS s
            ON s.customer_id = m.customer_id
            AND s.market = m.market
            AND s.status = 'active'
            AND s.valid_from < m.month
            AND s.valid_to >= m.month
          LEFT JOIN (
            SELECT
              customer_id,
              market,
              CAST(DATE_TRUNC('MONTH', valid_from) AS DATE) AS month,
              MIN(cancel_reason) AS cancel_reason
            FROM fct_subscription_period
            WHERE
              status = 'ended'
            GROUP BY
              1,
              2,
              3
          ) AS x
            ON x.customer_id = m.customer_id AND x.market = m.market AND x.month = m.month
        ) AS mrr_movements
        WHERE
          mrr_movements.month >= CAST('2026-01-01' AS DATE)
          AND mrr_movements.month < CAST('2026-07-01' AS DATE)
      ) AS dated
    ) AS found
    WHERE
      found._day = found._last
  ) AS facts
  GROUP BY
    facts.date_quarter
  UNION ALL
  SELECT
    CAST(NULL AS DATE) AS date_quarter,
    1 AS _t0,
    SUM(facts._m0) AS _m0,
    CAST(NULL AS DECIMAL(38, 4)) AS _m1
  FROM (
    SELECT
      found._m0 AS _m0
    FROM (
      SELECT
        dated._day AS _day,
        dated._m0 AS _m0,
        MAX(dated._day) OVER () AS _last
      FROM (
        SELECT
          mrr_movements.month AS _day,
          mrr_movements.mrr AS _m0
        FROM (
          SELECT
            m.customer_id,
            m.month,
            m.market,
            m.mrr,
            m.opening_mrr,
            m.change,
            m.category,
            m.is_active,
            m.loaded_at,
            COALESCE(e.plan_key, s.plan_key) AS plan_key,
            CASE WHEN m.category = 'churn' THEN x.cancel_reason END AS cancel_reason
          FROM fct_mrr_month AS m
          LEFT JOIN fct_subscription_period AS e
            ON e.customer_id = m.customer_id
            AND e.market = m.market
            AND e.status = 'active'
            AND e.valid_from < m.month + INTERVAL '1' MONTH
            AND e.valid_to >= m.month + INTERVAL '1' MONTH
          LEFT JOIN fct_subscription_period AS s
            ON s.customer_id = m.customer_id
            AND s.market = m.market
            AND s.status = 'active'
            AND s.valid_from < m.month
            AND s.valid_to >= m.month
          LEFT JOIN (
            SELECT
              customer_id,
              market,
              CAST(DATE_TRUNC('MONTH', valid_from) AS DATE) AS month,
              MIN(cancel_reason) AS cancel_reason
            FROM fct_subscription_period
            WHERE
              status = 'ended'
            GROUP BY
              1,
              2,
              3
          ) AS x
            ON x.customer_id = m.customer_id AND x.market = m.market AND x.month = m.month
        ) AS mrr_movements
        WHERE
          mrr_movements.month >= CAST('2026-01-01' AS DATE)
          AND mrr_movements.month < CAST('2026-07-01' AS DATE)
      ) AS dated
    ) AS found
    WHERE
      found._day = found._last
  ) AS facts
  UNION ALL
  SELECT
    facts.date_quarter AS date_quarter,
    0 AS _t0,
    CAST(NULL AS DECIMAL(38, 4)) AS _m0,
    SUM(facts._m1) AS _m1
  FROM (
    SELECT
      CAST(DATE_TRUNC('QUARTER', found._day) AS DATE) AS date_quarter,
      found._m1 AS _m1
    FROM (
      SELECT
        dated._day AS _day,
        dated._m1 AS _m1,
        MIN(dated._day) OVER (PARTITION BY CAST(DATE_TRUNC('QUARTER', dated._day) AS DATE)) AS _last
      FROM (
        SELECT
          mrr_movements.month AS _day,
          mrr_movements.opening_mrr AS _m1
        FROM (
          SELECT
            m.customer_id,
            m.month,
            m.market,
            m.mrr,
            m.opening_mrr,
            m.change,
            m.category,
            m.is_active,
            m.loaded_at,
            COALESCE(e.plan_key, s.plan_key) AS plan_key,
            CASE WHEN m.category = 'churn' THEN x.cancel_reason END AS cancel_reason
          FROM fct_mrr_month AS m
          LEFT JOIN fct_subscription_period AS e
            ON e.customer_id = m.customer_id
            AND e.market = m.market
            AND e.status = 'active'
            AND e.valid_from < m.month + INTERVAL '1' MONTH
            AND e.valid_to >= m.month + INTERVAL '1' MONTH
          LEFT JOIN fct_subscription_period AS s
            ON s.customer_id = m.customer_id
            AND s.market = m.market
            AND s.status = 'active'
            AND s.valid_from < m.month
            AND s.valid_to >= m.month
          LEFT JOIN (
            SELECT
              customer_id,
              market,
              CAST(DATE_TRUNC('MONTH', valid_from) AS DATE) AS month,
              MIN(cancel_reason) AS cancel_reason
            FROM fct_subscription_period
            WHERE
              status = 'ended'
            GROUP BY
              1,
              2,
              3
          ) AS x
            ON x.customer_id = m.customer_id AND x.market = m.market AND x.month = m.month
        ) AS mrr_movements
        WHERE
          mrr_movements.month >= CAST('2026-01-01' AS DATE)
          AND mrr_movements.month < CAST('2026-07-01' AS DATE)
      ) AS dated
    ) AS found
    WHERE
      found._day = found._last
  ) AS facts
  GROUP BY
    facts.date_quarter
  UNION ALL
  SELECT
    CAST(NULL AS DATE) AS date_quarter,
    1 AS _t0,
    CAST(NULL AS DECIMAL(38, 4)) AS _m0,
    SUM(facts._m1) AS _m1
  FROM (
    SELECT
      found._m1 AS _m1
    FROM (
      SELECT
        dated._day AS _day,
        dated._m1 AS _m1,
        MIN(dated._day) OVER () AS _last
      FROM (
        SELECT
          mrr_movements.month AS _day,
          mrr_movements.opening_mrr AS _m1
        FROM (
          SELECT
            m.customer_id,
            m.month,
            m.market,
            m.mrr,
            m.opening_mrr,
            m.change,
            m.category,
            m.is_active,
            m.loaded_at,
            COALESCE(e.plan_key, s.plan_key) AS plan_key,
            CASE WHEN m.category = 'churn' THEN x.cancel_reason END AS cancel_reason
          FROM fct_mrr_month AS m
          LEFT JOIN fct_subscription_period AS e
            ON e.customer_id = m.customer_id
            AND e.market = m.market
            AND e.status = 'active'
            AND e.valid_from < m.month + INTERVAL '1' MONTH
            AND e.valid_to >= m.month + INTERVAL '1' MONTH
          LEFT JOIN fct_subscription_period AS s
            ON s.customer_id = m.customer_id
            AND s.market = m.market
            AND s.status = 'active'
            AND s.valid_from < m.month
            AND s.valid_to >= m.month
          LEFT JOIN (
            SELECT
              customer_id,
              market,
              CAST(DATE_TRUNC('MONTH', valid_from) AS DATE) AS month,
              MIN(cancel_reason) AS cancel_reason
            FROM fct_subscription_period
            WHERE
              status = 'ended'
            GROUP BY
              1,
              2,
              3
          ) AS x
            ON x.customer_id = m.customer_id AND x.market = m.market AND x.month = m.month
        ) AS mrr_movements
        WHERE
          mrr_movements.month >= CAST('2026-01-01' AS DATE)
          AND mrr_movements.month < CAST('2026-07-01' AS DATE)
      ) AS dated
    ) AS found
    WHERE
      found._day = found._last
  ) AS facts
) AS facts
GROUP BY
  1,
  2
ORDER BY
  2 ASC,
  1 ASC

-- shape: balance_on_average
SELECT
  facts.date_month AS date_month,
  facts._t0 AS _t0,
  CAST(MAX(facts._m0) AS DOUBLE) AS points_on_average
FROM (
  SELECT
    facts.date_month AS date_month,
    0 AS _t0,
    AVG(facts._m0) AS _m0
  FROM (
    SELECT
      daily.date_month AS date_month,
      daily._day AS _day,
      SUM(daily._m0) AS _m0
    FROM (
      SELECT
        CAST(DATE_TRUNC('MONTH', found._day) AS DATE) AS date_month,
        found._day AS _day,
        found._m0 AS _m0
      FROM (
        SELECT
          point_balances.earned_on AS _day,
          point_balances.points AS _m0
        FROM (
          SELECT
            point_id,
            earned_on,
            points
          FROM points
        ) AS point_balances
        WHERE
          point_balances.earned_on < CAST('2026-07-01' AS DATE)
          OR point_balances.earned_on IS NULL
      ) AS found
    ) AS daily
    GROUP BY
      1,
      2
  ) AS facts
  GROUP BY
    facts.date_month
  UNION ALL
  SELECT
    CAST(NULL AS DATE) AS date_month,
    1 AS _t0,
    AVG(facts._m0) AS _m0
  FROM (
    SELECT
      daily._day AS _day,
      SUM(daily._m0) AS _m0
    FROM (
      SELECT
        found._day AS _day,
        found._m0 AS _m0
      FROM (
        SELECT
          point_balances.earned_on AS _day,
          point_balances.points AS _m0
        FROM (
          SELECT
            point_id,
            earned_on,
            points
          FROM points
        ) AS point_balances
        WHERE
          point_balances.earned_on < CAST('2026-07-01' AS DATE)
          OR point_balances.earned_on IS NULL
      ) AS found
    ) AS daily
    GROUP BY
      1
  ) AS facts
) AS facts
GROUP BY
  1,
  2
ORDER BY
  2 ASC,
  1 ASC

-- shape: from_a_year_before
SELECT
  facts.channel AS channel,
  facts.date_month AS date_month,
  CAST((
    MAX(facts._m0) - MAX(facts._m1)
  ) AS DOUBLE) / NULLIF(CAST(NULLIF(MAX(facts._m1), 0) AS DOUBLE), 0) AS net_revenue_growth
FROM (
  SELECT
    orders._k0 AS channel,
    CAST(DATE_TRUNC('MONTH', orders._k1) AS DATE) AS date_month,
    SUM(orders._p0) AS _m0,
    CAST(NULL AS DECIMAL(38, 4)) AS _m1
  FROM (
    SELECT
      channels.channel AS _k0,
      orders.order_date AS _k1,
      SUM(orders.net_sales) AS _p0
    FROM fct_order AS orders
    LEFT JOIN dim_channel AS channels
      ON channels.channel_key = orders.channel_key
    WHERE
      orders.order_date >= CAST('2026-01-01' AS DATE)
      AND orders.order_date < CAST('2026-07-01' AS DATE)
      AND NOT orders.is_test
      AND orders.status <> 'cancelled'
      AND orders.status <> 'returned'
    GROUP BY
      1,
      2
  ) AS orders
  GROUP BY
    1,
    2
  UNION ALL
  SELECT
    orders._k0 AS channel,
    CAST(DATE_TRUNC('MONTH', CAST(orders._k1 + INTERVAL '12' MONTH AS DATE)) AS DATE) AS date_month,
    CAST(NULL AS DECIMAL(38, 4)) AS _m0,
    SUM(orders._p0) AS _m1
  FROM (
    SELECT
      channels.channel AS _k0,
      orders.order_date AS _k1,
      SUM(orders.net_sales) AS _p0
    FROM fct_order AS orders
    LEFT JOIN dim_channel AS channels
      ON channels.channel_key = orders.channel_key
    WHERE
      orders.order_date >= CAST('2025-01-01' AS DATE)
      AND orders.order_date < CAST('2025-07-01' AS DATE)
      AND NOT orders.is_test
      AND orders.status <> 'cancelled'
      AND orders.status <> 'returned'
    GROUP BY
      1,
      2
  ) AS orders
  GROUP BY
    1,
    2
) AS facts
GROUP BY
  1,
  2
ORDER BY
  2 ASC,
  1 ASC

-- shape: from_a_month_before_by_day
SELECT
  facts.date_day AS date_day,
  CAST(MAX(facts._m0) - MAX(facts._m1) AS DOUBLE) AS month_growth
FROM (
  SELECT
    orders.order_day AS date_day,
    SUM(orders.amount) AS _m0,
    CAST(NULL AS DECIMAL(38, 4)) AS _m1
  FROM orders
  WHERE
    orders.order_day >= CAST('2026-03-30' AS DATE)
    AND orders.order_day < CAST('2026-05-01' AS DATE)
    AND NOT orders.is_test
  GROUP BY
    1
  UNION ALL
  SELECT
    shown._day AS date_day,
    CAST(NULL AS DECIMAL(38, 4)) AS _m0,
    SUM(
      CASE
        WHEN EXTRACT(DAY FROM shown._day) = EXTRACT(DAY FROM CAST(shown._day + INTERVAL '-1' MONTH AS DATE))
        THEN found._p0
      END
    ) AS _m1
  FROM (
    SELECT
      CAST(UNNEST(
        GENERATE_SERIES(
          CAST(CAST('2026-03-30' AS DATE) AS DATE),
          CAST(CAST('2026-04-30' AS DATE) AS DATE),
          INTERVAL '1' DAY
        )
      ) AS DATE) AS _day
  ) AS shown
  JOIN (
    SELECT
      orders.order_day AS _k0,
      SUM(orders.amount) AS _p0
    FROM orders
    WHERE
      orders.order_day >= CAST('2026-03-01' AS DATE)
      AND orders.order_day < CAST('2026-03-31' AS DATE)
      AND NOT orders.is_test
    GROUP BY
      1
  ) AS found
    ON found._k0 = CAST(shown._day + INTERVAL '-1' MONTH AS DATE)
  GROUP BY
    1
) AS facts
GROUP BY
  1
ORDER BY
  1 ASC

-- shape: from_the_start_of_a_month
SELECT
  facts.date_week AS date_week,
  CAST(MAX(facts._m0) - MAX(facts._m1) AS DOUBLE) AS since_start
FROM (
  SELECT
    CAST(DATE_TRUNC('WEEK', found._day) AS DATE) AS date_week,
    SUM(found._m0) AS _m0,
    CAST(NULL AS DECIMAL(38, 2)) AS _m1
  FROM (
    SELECT
      dated._day AS _day,
      dated._m0 AS _m0,
      MAX(dated._day) OVER (PARTITION BY CAST(DATE_TRUNC('WEEK', dated._day) AS DATE)) AS _last
    FROM (
      SELECT
        subscription_days.day AS _day,
        subscription_days.monthly AS _m0
      FROM subscription_days
      WHERE
        subscription_days.day >= CAST('2026-03-02' AS DATE)
        AND subscription_days.day < CAST('2026-04-20' AS DATE)
    ) AS dated
  ) AS found
  WHERE
    found._day = found._last
  GROUP BY
    1
  UNION ALL
  SELECT
    found.date_week AS date_week,
    CAST(NULL AS DECIMAL(38, 2)) AS _m0,
    SUM(found._m1) AS _m1
  FROM (
    SELECT
      dated.date_week AS date_week,
      dated._m1 AS _m1,
      dated._day AS _day,
      MAX(dated._day) OVER (PARTITION BY dated.date_week) AS _last
    FROM (
      SELECT
        CAST(DATE_TRUNC('WEEK', shown._day) AS DATE) AS date_week,
        shown._day AS _day,
        found._m1 AS _m1
      FROM (
        SELECT
          MIN(days._day) AS _day
        FROM (
          SELECT
            CAST(UNNEST(
              GENERATE_SERIES(
                CAST(CAST('2026-03-02' AS DATE) AS DATE),
                CAST(CAST('2026-04-19' AS DATE) AS DATE),
                INTERVAL '1' DAY
              )
            ) AS DATE) AS _day
        ) AS days
        GROUP BY
          CAST(DATE_TRUNC('WEEK', days._day) AS DATE)
      ) AS shown
      JOIN (
        SELECT
          subscription_days.day AS _day,
          subscription_days.monthly AS _m1
        FROM subscription_days
        WHERE
          subscription_days.day >= CAST('2026-03-01' AS DATE)
          AND subscription_days.day < CAST('2026-04-02' AS DATE)
      ) AS found
        ON found._day = CAST(DATE_TRUNC('MONTH', shown._day) AS DATE)
    ) AS dated
  ) AS found
  WHERE
    found._day = found._last
  GROUP BY
    1
) AS facts
GROUP BY
  1
ORDER BY
  1 ASC

-- shape: every_period
SELECT
  facts.channel AS channel,
  facts.date_day AS date_day,
  CAST(MAX(facts._m0) AS DOUBLE) AS net_revenue,
  CAST(COALESCE(MAX(facts._m1), 0) AS BIGINT) AS orders
FROM (
  WITH _leg0 AS (
    SELECT
      channels.channel AS channel,
      orders.order_date AS date_day,
      SUM(orders.net_sales) FILTER(WHERE
        orders.status <> 'returned') AS _m0,
      COUNT(*) AS _m1
    FROM fct_order AS orders
    LEFT JOIN dim_channel AS channels
      ON channels.channel_key = orders.channel_key
    WHERE
      orders.order_date >= CAST('2026-06-24' AS DATE)
      AND orders.order_date < CAST('2026-07-01' AS DATE)
      AND NOT orders.is_test
      AND orders.status <> 'cancelled'
    GROUP BY
      1,
      2
  )
  SELECT
    _leg0.channel AS channel,
    _leg0.date_day AS date_day,
    _leg0._m0 AS _m0,
    _leg0._m1 AS _m1
  FROM _leg0
  UNION ALL
  SELECT
    groups.channel AS channel,
    days._day AS date_day,
    CAST(NULL AS DECIMAL(38, 4)) AS _m0,
    CAST(NULL AS BIGINT) AS _m1
  FROM (
    SELECT
      CAST(UNNEST(
        GENERATE_SERIES(
          CAST(CAST('2026-06-24' AS DATE) AS DATE),
          CAST(CAST('2026-06-30' AS DATE) AS DATE),
          INTERVAL '1' DAY
        )
      ) AS DATE) AS _day
  ) AS days
  CROSS JOIN (
    SELECT
      _leg0.channel AS channel
    FROM _leg0
    GROUP BY
      1
  ) AS groups
  GROUP BY
    1,
    2
) AS facts
GROUP BY
  1,
  2
ORDER BY
  2 ASC,
  1 ASC

-- shape: every_period_with_totals
WITH _top AS (
  SELECT
    ranked.channel AS channel,
    1 AS found
  FROM (
    SELECT
      channels.channel AS channel,
      CAST(SUM(orders._p0) AS DOUBLE) AS net_revenue
    FROM (
      SELECT
        orders.channel_key AS channel_key,
        SUM(orders.net_sales) AS _p0
      FROM fct_order AS orders
      WHERE
        orders.order_date >= CAST('2026-01-01' AS DATE)
        AND orders.order_date < CAST('2026-07-01' AS DATE)
        AND NOT orders.is_test
        AND orders.status <> 'cancelled'
        AND orders.status <> 'returned'
      GROUP BY
        1
    ) AS orders
    LEFT JOIN dim_channel AS channels
      ON channels.channel_key = orders.channel_key
    GROUP BY
      1
    ORDER BY
      2 DESC,
      1 ASC
    LIMIT 3
  ) AS ranked
)
SELECT
  facts.channel AS channel,
  facts.date_month AS date_month,
  facts._other AS _other,
  GROUPING(facts.channel) AS _t0,
  GROUPING(facts.date_month) AS _t1,
  CAST(SUM(facts._m0) AS DOUBLE) AS net_revenue
FROM (
  SELECT
    CASE WHEN _top.found = 1 THEN every.channel END AS channel,
    every.date_month AS date_month,
    CASE WHEN _top.found = 1 THEN 0 ELSE 1 END AS _other,
    every._m0 AS _m0
  FROM (
    WITH _leg0 AS (
      SELECT
        orders._k0 AS channel,
        CAST(DATE_TRUNC('MONTH', orders._k1) AS DATE) AS date_month,
        SUM(orders._p0) AS _m0
      FROM (
        SELECT
          channels.channel AS _k0,
          orders.order_date AS _k1,
          SUM(orders.net_sales) AS _p0
        FROM fct_order AS orders
        LEFT JOIN dim_channel AS channels
          ON channels.channel_key = orders.channel_key
        WHERE
          orders.order_date >= CAST('2026-01-01' AS DATE)
          AND orders.order_date < CAST('2026-07-01' AS DATE)
          AND NOT orders.is_test
          AND orders.status <> 'cancelled'
          AND orders.status <> 'returned'
        GROUP BY
          1,
          2
      ) AS orders
      GROUP BY
        1,
        2
    )
    SELECT
      _leg0.channel AS channel,
      _leg0.date_month AS date_month,
      _leg0._m0 AS _m0
    FROM _leg0
    UNION ALL
    SELECT
      groups.channel AS channel,
      CAST(DATE_TRUNC('MONTH', days._day) AS DATE) AS date_month,
      CAST(NULL AS DECIMAL(38, 4)) AS _m0
    FROM (
      SELECT
        CAST(UNNEST(
          GENERATE_SERIES(
            CAST(CAST('2026-01-01' AS DATE) AS DATE),
            CAST(CAST('2026-06-30' AS DATE) AS DATE),
            INTERVAL '1' DAY
          )
        ) AS DATE) AS _day
    ) AS days
    CROSS JOIN (
      SELECT
        _leg0.channel AS channel
      FROM _leg0
      GROUP BY
        1
    ) AS groups
    GROUP BY
      1,
      2
  ) AS every
  LEFT JOIN _top
    ON _top.channel IS NOT DISTINCT FROM every.channel
) AS facts
GROUP BY
  GROUPING SETS (
    (facts.channel, facts.date_month, facts._other),
    ()
  )
ORDER BY
  4 ASC,
  5 ASC,
  2 ASC,
  3 ASC,
  1 ASC

-- shape: every_period_there_is
SELECT
  facts.date_month AS date_month,
  facts.date_day AS date_day,
  CAST(MAX(facts._m0) AS DOUBLE) AS spend
FROM (
  WITH _leg0 AS (
    SELECT
      CAST(DATE_TRUNC('MONTH', ad_spend._k0) AS DATE) AS date_month,
      ad_spend._k1 AS date_day,
      SUM(ad_spend._p0) AS _m0
    FROM (
      SELECT
        ad_spend.date_day AS _k0,
        ad_spend.date_day AS _k1,
        SUM(ad_spend.spend) AS _p0
      FROM fct_ad_campaign_daily AS ad_spend
      WHERE
        ad_spend.date_day >= CAST('2026-06-01' AS DATE)
        AND ad_spend.date_day < CAST('2026-07-01' AS DATE)
      GROUP BY
        1,
        2
    ) AS ad_spend
    GROUP BY
      1,
      2
  )
  SELECT
    _leg0.date_month AS date_month,
    _leg0.date_day AS date_day,
    _leg0._m0 AS _m0
  FROM _leg0
  UNION ALL
  SELECT
    CAST(DATE_TRUNC('MONTH', days._day) AS DATE) AS date_month,
    days._day AS date_day,
    CAST(NULL AS DECIMAL(38, 4)) AS _m0
  FROM (
    SELECT
      CAST(UNNEST(
        GENERATE_SERIES(
          CAST(CAST('2026-06-01' AS DATE) AS DATE),
          CAST(CAST('2026-06-30' AS DATE) AS DATE),
          INTERVAL '1' DAY
        )
      ) AS DATE) AS _day
  ) AS days
  GROUP BY
    1,
    2
) AS facts
GROUP BY
  1,
  2
ORDER BY
  1 ASC,
  2 ASC

-- shape: every_period_of_the_models_days
SELECT
  facts.device AS device,
  facts.date_month AS date_month,
  CAST(MAX(facts._m0) AS DOUBLE) AS revenue
FROM (
  WITH _leg0 AS (
    SELECT
      orders._k0 AS device,
      CAST(DATE_TRUNC('MONTH', orders._k1) AS DATE) AS date_month,
      SUM(orders._p0) AS _m0
    FROM (
      SELECT
        orders.device AS _k0,
        orders.order_day AS _k1,
        SUM(orders.amount) AS _p0
      FROM orders
      WHERE
        orders.order_day >= CAST('2026-03-01' AS DATE)
        AND orders.order_day < CAST('2026-05-01' AS DATE)
        AND NOT orders.is_test
      GROUP BY
        1,
        2
    ) AS orders
    GROUP BY
      1,
      2
  )
  SELECT
    _leg0.device AS device,
    _leg0.date_month AS date_month,
    _leg0._m0 AS _m0
  FROM _leg0
  UNION ALL
  SELECT
    groups.device AS device,
    CAST(DATE_TRUNC('MONTH', days._day) AS DATE) AS date_month,
    CAST(NULL AS DECIMAL(38, 4)) AS _m0
  FROM (
    SELECT
      CAST(calendar.retail_day AS DATE) AS _day
    FROM retail_days AS calendar
    WHERE
      CAST(calendar.retail_day AS DATE) >= CAST('2026-03-01' AS DATE)
      AND CAST(calendar.retail_day AS DATE) < CAST('2026-05-01' AS DATE)
  ) AS days
  CROSS JOIN (
    SELECT
      _leg0.device AS device
    FROM _leg0
    GROUP BY
      1
  ) AS groups
  GROUP BY
    1,
    2
) AS facts
GROUP BY
  1,
  2
ORDER BY
  2 ASC,
  1 ASC

-- shape: days_alone
SELECT
  channels.channel AS channel,
  CAST(DATE_TRUNC('MONTH', days._day) AS DATE) AS date_month
FROM channels
CROSS JOIN (
  SELECT
    CAST(calendar.retail_day AS DATE) AS _day
  FROM retail_days AS calendar
  WHERE
    CAST(calendar.retail_day AS DATE) >= CAST('2026-03-01' AS DATE)
    AND CAST(calendar.retail_day AS DATE) < CAST('2026-05-01' AS DATE)
) AS days
GROUP BY
  1,
  2
ORDER BY
  2 ASC,
  1 ASC

-- shape: weighted_bridge
SELECT
  facts.campaign_via_influencing_campaign AS campaign_via_influencing_campaign,
  GROUPING(facts.campaign_via_influencing_campaign) AS _t0,
  CAST(SUM(facts._m0) AS DOUBLE) AS won_amount,
  CAST(COALESCE(SUM(facts._m1), 0) AS DOUBLE) AS opportunities_created
FROM (
  SELECT
    campaigns.campaign AS campaign_via_influencing_campaign,
    SUM(
      CAST(CAST(opportunities.amount AS DOUBLE) * CAST(CASE
        WHEN deal_campaigns.opportunity_id IS NULL
        THEN 1
        ELSE deal_campaigns.influence_pct
      END AS DOUBLE) AS DECIMAL(38, 12))
    ) AS _m0,
    CAST(NULL AS DECIMAL(38, 12)) AS _m1
  FROM fct_opportunity AS opportunities
  LEFT JOIN (
    SELECT
      opportunity_id,
      campaign_id,
      influence_pct
    FROM bridge_opportunity_campaign
    WHERE
      influence_model = 'even'
  ) AS deal_campaigns
    ON deal_campaigns.opportunity_id = opportunities.opportunity_id
  LEFT JOIN dim_campaign AS campaigns
    ON campaigns.campaign_id = deal_campaigns.campaign_id
  WHERE
    (
      opportunities.closed_date < CAST('2026-07-01' AS DATE)
      OR opportunities.closed_date IS NULL
    )
    AND opportunities.is_won
    AND opportunities.merged_into IS NULL
  GROUP BY
    1
  UNION ALL
  SELECT
    campaigns.campaign AS campaign_via_influencing_campaign,
    CAST(NULL AS DECIMAL(38, 12)) AS _m0,
    SUM(
      CAST(CAST(1 AS DOUBLE) * CAST(CASE
        WHEN deal_campaigns.opportunity_id IS NULL
        THEN 1
        ELSE deal_campaigns.influence_pct
      END AS DOUBLE) AS DECIMAL(38, 12))
    ) AS _m1
  FROM fct_opportunity AS opportunities
  LEFT JOIN (
    SELECT
      opportunity_id,
      campaign_id,
      influence_pct
    FROM bridge_opportunity_campaign
    WHERE
      influence_model = 'even'
  ) AS deal_campaigns
    ON deal_campaigns.opportunity_id = opportunities.opportunity_id
  LEFT JOIN dim_campaign AS campaigns
    ON campaigns.campaign_id = deal_campaigns.campaign_id
  WHERE
    (
      opportunities.created_date < CAST('2026-07-01' AS DATE)
      OR opportunities.created_date IS NULL
    )
    AND opportunities.merged_into IS NULL
  GROUP BY
    1
) AS facts
GROUP BY
  GROUPING SETS (
    (facts.campaign_via_influencing_campaign),
    ()
  )
ORDER BY
  2 ASC,
  3 DESC,
  1 ASC

-- shape: metric_of_a_metric
WITH _per0 AS (
  SELECT
    orders.customer_id AS _k0,
    COUNT(*) AS _value
  FROM fct_order AS orders
  WHERE
    (
      orders.order_date < CAST('2026-07-01' AS DATE) OR orders.order_date IS NULL
    )
    AND NOT orders.is_test
    AND orders.status <> 'cancelled'
  GROUP BY
    1
)
SELECT
  facts.date_month AS date_month,
  CAST(COALESCE(MAX(facts._m0), 0) AS DOUBLE) / NULLIF(CAST(COALESCE(MAX(facts._m1), 0) AS DOUBLE), 0) AS repeat_rate,
  CAST(COALESCE(MAX(facts._m0), 0) AS DOUBLE) AS _s0,
  CAST(COALESCE(MAX(facts._m1), 0) AS DOUBLE) AS _s1
FROM (
  SELECT
    CAST(DATE_TRUNC('MONTH', orders.order_date) AS DATE) AS date_month,
    COUNT(DISTINCT orders.customer_id) AS _m0,
    CAST(NULL AS BIGINT) AS _m1
  FROM fct_order AS orders
  WHERE
    orders.order_date >= CAST('2026-04-01' AS DATE)
    AND orders.order_date < CAST('2026-07-01' AS DATE)
    AND NOT orders.is_test
    AND orders.status <> 'cancelled'
    AND EXISTS(
      SELECT
        1
      FROM _per0 AS members
      WHERE
        members._k0 = orders.customer_id AND members._value >= 2
    )
  GROUP BY
    1
  UNION ALL
  SELECT
    CAST(DATE_TRUNC('MONTH', orders.order_date) AS DATE) AS date_month,
    CAST(NULL AS BIGINT) AS _m0,
    COUNT(DISTINCT orders.customer_id) AS _m1
  FROM fct_order AS orders
  WHERE
    orders.order_date >= CAST('2026-04-01' AS DATE)
    AND orders.order_date < CAST('2026-07-01' AS DATE)
    AND NOT orders.is_test
    AND orders.status <> 'cancelled'
  GROUP BY
    1
) AS facts
GROUP BY
  1
ORDER BY
  1 ASC

-- shape: metric_of_nested
WITH _per0 AS (
  WITH _per0_0 AS (
    SELECT
      orders.channel_key AS _k0,
      COUNT(*) AS _value
    FROM orders
    WHERE
      EXISTS(
        SELECT
          1
        FROM customers AS customer_rule
        WHERE
          customer_rule.customer_id = orders.customer_id
          AND (
            customer_rule.home IN ('DE')
          )
      )
      AND (
        orders.order_day < CAST('2026-07-01' AS DATE) OR orders.order_day IS NULL
      )
      AND NOT orders.is_test
    GROUP BY
      1
  )
  SELECT
    orders.customer_id AS _k0,
    CAST(SUM(orders.amount) AS DOUBLE) AS _value
  FROM orders
  WHERE
    EXISTS(
      SELECT
        1
      FROM customers AS customer_rule
      WHERE
        customer_rule.customer_id = orders.customer_id
        AND (
          customer_rule.home IN ('DE')
        )
    )
    AND (
      orders.order_day < CAST('2026-07-01' AS DATE) OR orders.order_day IS NULL
    )
    AND NOT orders.is_test
    AND EXISTS(
      SELECT
        1
      FROM _per0_0 AS members
      WHERE
        members._k0 = orders.channel_key AND members._value >= 2
    )
  GROUP BY
    1
), _per1 AS (
  SELECT
    lines.order_id AS _k0,
    CAST(SUM(lines.quantity) AS BIGINT) AS _value
  FROM (
    SELECT
      l.order_id,
      l.line_no,
      l.product,
      l.quantity,
      l.net,
      o.ordered_at,
      o.order_day
    FROM lines AS l
    LEFT JOIN orders AS o
      ON o.order_id = l.order_id
  ) AS lines
  WHERE
    EXISTS(
      SELECT
        1
      FROM orders AS order_rule
      JOIN customers AS customer_rule
        ON customer_rule.customer_id = order_rule.customer_id
      WHERE
        order_rule.order_id = lines.order_id AND (
          customer_rule.home IN ('DE')
        )
    )
    AND (
      lines.order_day < CAST('2026-07-01' AS DATE) OR lines.order_day IS NULL
    )
  GROUP BY
    1
), _per2 AS (
  SELECT
    orders.customer_id AS _k0,
    COUNT(*) AS _value
  FROM orders
  WHERE
    EXISTS(
      SELECT
        1
      FROM customers AS customer_rule
      WHERE
        customer_rule.customer_id = orders.customer_id
        AND (
          customer_rule.home IN ('DE')
        )
    )
    AND (
      orders.order_day < CAST('2026-07-01' AS DATE) OR orders.order_day IS NULL
    )
    AND NOT orders.is_test
  GROUP BY
    1
), _top AS (
  SELECT
    ranked.channel AS channel,
    1 AS found
  FROM (
    SELECT
      facts.channel AS channel,
      CAST(MAX(facts._m0) AS DOUBLE) AS regular_revenue,
      CAST(MAX(facts._m1) AS DOUBLE) AS revenue
    FROM (
      SELECT
        channels.channel AS channel,
        SUM(orders._p0) AS _m0,
        CAST(NULL AS DECIMAL(38, 4)) AS _m1
      FROM (
        SELECT
          orders.channel_key AS channel_key,
          SUM(orders.amount) AS _p0
        FROM orders
        WHERE
          EXISTS(
            SELECT
              1
            FROM customers AS customer_rule
            WHERE
              customer_rule.customer_id = orders.customer_id
              AND (
                customer_rule.home IN ('DE')
              )
          )
          AND (
            orders.order_day < CAST('2026-07-01' AS DATE) OR orders.order_day IS NULL
          )
          AND NOT orders.is_test
          AND (
            EXISTS(
              SELECT
                1
              FROM _per0 AS members
              WHERE
                members._k0 = orders.customer_id AND members._value > 100
            )
            OR (
              EXISTS(
                SELECT
                  1
                FROM _per1 AS members
                WHERE
                  members._k0 = orders.order_id AND members._value > 2
              )
              AND (
                orders.device = 'mobile'
              )
            )
          )
          AND EXISTS(
            SELECT
              1
            FROM _per2 AS members
            WHERE
              members._k0 = orders.customer_id AND members._value >= 2
          )
        GROUP BY
          1
      ) AS orders
      LEFT JOIN channels
        ON channels.channel_key = orders.channel_key
      GROUP BY
        1
      UNION ALL
      SELECT
        channels.channel AS channel,
        CAST(NULL AS DECIMAL(38, 4)) AS _m0,
        SUM(orders._p0) AS _m1
      FROM (
        SELECT
          orders.channel_key AS channel_key,
          SUM(orders.amount) AS _p0
        FROM orders
        WHERE
          EXISTS(
            SELECT
              1
            FROM customers AS customer_rule
            WHERE
              customer_rule.customer_id = orders.customer_id
              AND (
                customer_rule.home IN ('DE')
              )
          )
          AND (
            orders.order_day < CAST('2026-07-01' AS DATE) OR orders.order_day IS NULL
          )
          AND NOT orders.is_test
          AND (
            EXISTS(
              SELECT
                1
              FROM _per0 AS members
              WHERE
                members._k0 = orders.customer_id AND members._value > 100
            )
            OR (
              EXISTS(
                SELECT
                  1
                FROM _per1 AS members
                WHERE
                  members._k0 = orders.order_id AND members._value > 2
              )
              AND (
                orders.device = 'mobile'
              )
            )
          )
        GROUP BY
          1
      ) AS orders
      LEFT JOIN channels
        ON channels.channel_key = orders.channel_key
      GROUP BY
        1
    ) AS facts
    GROUP BY
      1
    ORDER BY
      2 DESC,
      1 ASC
    LIMIT 1
  ) AS ranked
)
SELECT
  facts.channel AS channel,
  facts._other AS _other,
  CAST(SUM(facts._m0) AS DOUBLE) AS revenue
FROM (
  SELECT
    CASE WHEN _top.found = 1 THEN every.channel END AS channel,
    CASE WHEN _top.found = 1 THEN 0 ELSE 1 END AS _other,
    every._m0 AS _m0
  FROM (
    SELECT
      channels.channel AS channel,
      SUM(orders._p0) AS _m0
    FROM (
      SELECT
        orders.channel_key AS channel_key,
        SUM(orders.amount) AS _p0
      FROM orders
      WHERE
        EXISTS(
          SELECT
            1
          FROM customers AS customer_rule
          WHERE
            customer_rule.customer_id = orders.customer_id
            AND (
              customer_rule.home IN ('DE')
            )
        )
        AND (
          orders.order_day < CAST('2026-07-01' AS DATE) OR orders.order_day IS NULL
        )
        AND NOT orders.is_test
        AND (
          EXISTS(
            SELECT
              1
            FROM _per0 AS members
            WHERE
              members._k0 = orders.customer_id AND members._value > 100
          )
          OR (
            EXISTS(
              SELECT
                1
              FROM _per1 AS members
              WHERE
                members._k0 = orders.order_id AND members._value > 2
            )
            AND (
              orders.device = 'mobile'
            )
          )
        )
      GROUP BY
        1
    ) AS orders
    LEFT JOIN channels
      ON channels.channel_key = orders.channel_key
    GROUP BY
      1
  ) AS every
  LEFT JOIN _top
    ON _top.channel IS NOT DISTINCT FROM every.channel
) AS facts
GROUP BY
  facts.channel,
  facts._other
ORDER BY
  2 ASC,
  3 DESC,
  1 ASC

-- shape: money_by_month
SELECT
  CAST(DATE_TRUNC('MONTH', fair_sales._k0) AS DATE) AS date_month,
  CAST(SUM(
    CAST(CAST(fair_sales._p0 AS DECIMAL(38, 4)) * CASE WHEN fair_sales._c0 = 'EUR' THEN 1 ELSE rates.rate END AS DECIMAL(38, 12))
  ) AS DOUBLE) AS fair_paid,
  CAST(COALESCE(SUM(fair_sales._p1), 0) AS BIGINT) AS fair_count
FROM (
  SELECT
    fair_sales.sold_on AS _k0,
    fair_sales.paid_in AS _c0,
    fair_sales.sold_on AS _on,
    SUM(fair_sales.amount) AS _p0,
    COUNT(*) AS _p1
  FROM fair_sales
  WHERE
    fair_sales.sold_on >= CAST('2026-04-01' AS DATE)
    AND fair_sales.sold_on < CAST('2026-04-16' AS DATE)
  GROUP BY
    1,
    2,
    3
) AS fair_sales
LEFT JOIN (
  SELECT
    rates.currency AS currency,
    rates.rate_day AS rate_day,
    CASE WHEN COUNT(*) = 1 THEN MAX(rates.rate) END AS rate
  FROM rates
  GROUP BY
    1,
    2
) AS rates
  ON rates.currency = fair_sales._c0 AND rates.rate_day = fair_sales._on
GROUP BY
  1
ORDER BY
  1 ASC

-- shape: money_in_another_currency
SELECT
  facts.channel AS channel,
  CAST(MAX(facts._m0) AS DOUBLE) AS fair_paid,
  CAST(MAX(facts._m1) AS DOUBLE) AS revenue
FROM (
  SELECT
    channels.channel AS channel,
    SUM(
      CAST(CASE
        WHEN fair_sales._c0 = 'GBP'
        THEN CAST(fair_sales._p0 AS DOUBLE)
        ELSE CAST(fair_sales._p0 AS DOUBLE) * CAST(CASE WHEN fair_sales._c0 = 'EUR' THEN 1 ELSE rates.rate END AS DOUBLE) / CAST(gbp_rates.rate AS DOUBLE)
      END AS DECIMAL(38, 12))
    ) AS _m0,
    CAST(NULL AS DECIMAL(38, 12)) AS _m1
  FROM (
    SELECT
      fair_sales.channel_key AS channel_key,
      fair_sales.paid_in AS _c0,
      fair_sales.sold_on AS _on,
      SUM(fair_sales.amount) AS _p0
    FROM fair_sales
    WHERE
      fair_sales.sold_on >= CAST('2026-04-01' AS DATE)
      AND fair_sales.sold_on < CAST('2026-04-16' AS DATE)
    GROUP BY
      1,
      2,
      3
  ) AS fair_sales
  LEFT JOIN channels
    ON channels.channel_key = fair_sales.channel_key
  LEFT JOIN (
    SELECT
      rates.currency AS currency,
      rates.rate_day AS rate_day,
      CASE WHEN COUNT(*) = 1 THEN MAX(rates.rate) END AS rate
    FROM rates
    GROUP BY
      1,
      2
  ) AS rates
    ON rates.currency = fair_sales._c0 AND rates.rate_day = fair_sales._on
  LEFT JOIN (
    SELECT
      gbp_rates.currency AS currency,
      gbp_rates.rate_day AS rate_day,
      CASE WHEN COUNT(*) = 1 THEN MAX(gbp_rates.rate) END AS rate
    FROM rates AS gbp_rates
    GROUP BY
      1,
      2
  ) AS gbp_rates
    ON gbp_rates.currency = 'GBP' AND gbp_rates.rate_day = fair_sales._on
  GROUP BY
    1
  UNION ALL
  SELECT
    channels.channel AS channel,
    CAST(NULL AS DECIMAL(38, 12)) AS _m0,
    SUM(
      CAST(CAST(orders._p0 AS DOUBLE) / CAST(gbp_rates.rate AS DOUBLE) AS DECIMAL(38, 12))
    ) AS _m1
  FROM (
    SELECT
      orders.channel_key AS channel_key,
      orders.order_day AS _on,
      SUM(orders.amount) AS _p0
    FROM orders
    WHERE
      orders.order_day >= CAST('2026-04-01' AS DATE)
      AND orders.order_day < CAST('2026-04-16' AS DATE)
      AND NOT orders.is_test
    GROUP BY
      1,
      2
  ) AS orders
  LEFT JOIN channels
    ON channels.channel_key = orders.channel_key
  LEFT JOIN (
    SELECT
      gbp_rates.currency AS currency,
      gbp_rates.rate_day AS rate_day,
      CASE WHEN COUNT(*) = 1 THEN MAX(gbp_rates.rate) END AS rate
    FROM rates AS gbp_rates
    GROUP BY
      1,
      2
  ) AS gbp_rates
    ON gbp_rates.currency = 'GBP' AND gbp_rates.rate_day = orders._on
  GROUP BY
    1
) AS facts
GROUP BY
  1
ORDER BY
  2 DESC,
  1 ASC

-- shape: money_at_rates_of_one_day
SELECT
  facts.date_month AS date_month,
  facts.channel AS channel,
  GROUPING(facts.date_month) AS _t0,
  GROUPING(facts.channel) AS _t1,
  CAST(SUM(facts._m0) AS DOUBLE) AS fair_kept
FROM (
  SELECT
    CAST(DATE_TRUNC('MONTH', fair_sales._k0) AS DATE) AS date_month,
    fair_sales._k1 AS channel,
    SUM(
      CAST(CASE
        WHEN fair_sales._c0 = 'SEK'
        THEN CAST(fair_sales._p0 AS DOUBLE)
        ELSE CAST(fair_sales._p0 AS DOUBLE) * CAST(CASE WHEN fair_sales._c0 = 'EUR' THEN 1 ELSE rates.rate END AS DOUBLE) / CAST(sek_rates.rate AS DOUBLE)
      END AS DECIMAL(38, 12))
    ) AS _m0
  FROM (
    SELECT
      fair_sales.sold_on AS _k0,
      channels.channel AS _k1,
      fair_sales.paid_in AS _c0,
      SUM(fair_sales.amount) AS _p0
    FROM fair_sales
    LEFT JOIN channels
      ON channels.channel_key = fair_sales.channel_key
    WHERE
      fair_sales.sold_on >= CAST('2026-04-01' AS DATE)
      AND fair_sales.sold_on < CAST('2026-04-16' AS DATE)
    GROUP BY
      1,
      2,
      3
  ) AS fair_sales
  LEFT JOIN (
    SELECT
      rates.currency AS currency,
      rates.rate_day AS rate_day,
      CASE WHEN COUNT(*) = 1 THEN MAX(rates.rate) END AS rate
    FROM rates
    GROUP BY
      1,
      2
  ) AS rates
    ON rates.currency = fair_sales._c0
    AND rates.rate_day = CAST(CAST('2026-04-19' AS DATE) AS DATE)
  CROSS JOIN (
    SELECT
      CASE WHEN COUNT(*) = 1 THEN MAX(sek_rates.rate) END AS rate
    FROM rates AS sek_rates
    WHERE
      sek_rates.currency = 'SEK'
      AND sek_rates.rate_day = CAST(CAST('2026-04-19' AS DATE) AS DATE)
  ) AS sek_rates
  GROUP BY
    1,
    2
) AS facts
GROUP BY
  GROUPING SETS (
    (facts.date_month, facts.channel),
    ()
  )
ORDER BY
  3 ASC,
  4 ASC,
  1 ASC,
  2 ASC

-- shape: money_mean
SELECT
  channels.channel AS channel,
  CAST(AVG(
    CAST(CAST(fair_sales.amount AS DOUBLE) * CAST(CASE WHEN fair_sales.paid_in = 'EUR' THEN 1 ELSE rates.rate END AS DOUBLE) AS DECIMAL(38, 12))
  ) AS DOUBLE) AS fair_mean,
  CAST(QUANTILE_CONT(
    CAST(CAST(fair_sales.amount AS DOUBLE) * CAST(CASE WHEN fair_sales.paid_in = 'EUR' THEN 1 ELSE rates.rate END AS DOUBLE) AS DOUBLE),
    0.5
  ) AS DOUBLE) AS fair_median
FROM fair_sales
LEFT JOIN channels
  ON channels.channel_key = fair_sales.channel_key
LEFT JOIN (
  SELECT
    rates.currency AS currency,
    rates.rate_day AS rate_day,
    CASE WHEN COUNT(*) = 1 THEN MAX(rates.rate) END AS rate
  FROM rates
  GROUP BY
    1,
    2
) AS rates
  ON rates.currency = fair_sales.paid_in
  AND rates.rate_day = CAST(CAST('2026-04-19' AS DATE) AS DATE)
WHERE
  fair_sales.sold_on < CAST('2026-07-01' AS DATE) OR fair_sales.sold_on IS NULL
GROUP BY
  1
ORDER BY
  2 DESC,
  1 ASC

-- shape: money_of_the_last_day
SELECT
  CAST(DATE_TRUNC('MONTH', found._day) AS DATE) AS date_month,
  CAST(SUM(found._m0) AS DOUBLE) AS fair_last
FROM (
  SELECT
    dated._day AS _day,
    dated._m0 AS _m0,
    MAX(dated._day) OVER (PARTITION BY CAST(DATE_TRUNC('MONTH', dated._day) AS DATE)) AS _last
  FROM (
    SELECT
      fair_sales.sold_on AS _day,
      CAST(CAST(fair_sales.amount AS DECIMAL(38, 4)) * CASE WHEN fair_sales.paid_in = 'EUR' THEN 1 ELSE rates.rate END AS DECIMAL(38, 12)) AS _m0
    FROM fair_sales
    LEFT JOIN (
      SELECT
        rates.currency AS currency,
        rates.rate_day AS rate_day,
        CASE WHEN COUNT(*) = 1 THEN MAX(rates.rate) END AS rate
      FROM rates
      GROUP BY
        1,
        2
    ) AS rates
      ON rates.currency = fair_sales.paid_in AND rates.rate_day = fair_sales.sold_on
    WHERE
      fair_sales.sold_on >= CAST('2026-04-01' AS DATE)
      AND fair_sales.sold_on < CAST('2026-04-16' AS DATE)
  ) AS dated
) AS found
WHERE
  found._day = found._last
GROUP BY
  1
ORDER BY
  1 ASC
