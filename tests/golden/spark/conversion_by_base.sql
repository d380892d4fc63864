SELECT
  facts.channel AS channel,
  facts.date_month AS date_month,
  CAST(COALESCE(MAX(facts._m0), 0) AS DOUBLE) / NULLIF(CAST(COALESCE(MAX(facts._m1), 0) AS DOUBLE), 0) AS second_order_rate
FROM (
  SELECT
    found.channel AS channel,
    TRUNC(found._day, 'MONTH') AS date_month,
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
        ROW_NUMBER() OVER (PARTITION BY event._j0 ORDER BY base._at DESC, base._i0 NULLS LAST) AS _place
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
          orders.order_number = 2 AND NOT orders.is_test AND orders.status <> 'cancelled'
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
    TRUNC(orders._k1, 'MONTH') AS date_month,
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
  2 ASC NULLS LAST,
  1 ASC NULLS LAST
