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
      NOT orders.is_test AND orders.status <> 'cancelled'
    GROUP BY
      1
    ORDER BY
      2 DESC,
      1 ASC NULLS LAST
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
      NOT orders.is_test AND orders.status <> 'cancelled'
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
  3 ASC NULLS LAST,
  2 ASC NULLS LAST,
  4 DESC,
  1 ASC NULLS LAST
