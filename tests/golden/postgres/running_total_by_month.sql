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
  END AS DOUBLE PRECISION) AS so_far,
  CAST(CASE
    WHEN NOT groups.date_month IS NULL
    AND MIN(CASE WHEN NOT groups.net_revenue IS NULL THEN groups.date_month END) OVER (PARTITION BY groups._t0, groups.channel) = MIN(CASE WHEN NOT groups.net_revenue IS NULL THEN groups.date_month END) OVER (PARTITION BY groups._t0)
    THEN 100 * (
      CAST(groups.net_revenue AS DOUBLE PRECISION) / NULLIF(
        CAST(FIRST_VALUE(groups.net_revenue) OVER (
          PARTITION BY groups._t0, groups.channel
          ORDER BY CASE WHEN NOT groups.net_revenue IS NULL THEN groups.date_month END ASC
          ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS DOUBLE PRECISION),
        0
      )
    )
  END AS DOUBLE PRECISION) AS since
FROM (
  SELECT
    facts.channel AS channel,
    facts.date_month AS date_month,
    GROUPING(facts.channel) AS _t0,
    CAST(SUM(facts._m0) AS DOUBLE PRECISION) AS net_revenue
  FROM (
    SELECT
      orders._k0 AS channel,
      CAST(DATE_TRUNC('MONTH', orders._k1) AS DATE) AS date_month,
      SUM(orders._p0) AS _m0
    FROM (
      SELECT
        channels.channel COLLATE "C" AS _k0,
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
