SELECT
  facts.channel AS channel,
  CAST(MAX(facts._m0) AS FLOAT64) AS fair_paid,
  CAST(MAX(facts._m1) AS FLOAT64) AS revenue
FROM (
  SELECT
    channels.channel AS channel,
    SUM(
      CASE
        WHEN fair_sales._c0 = 'GBP'
        THEN CAST(fair_sales._p0 AS FLOAT64)
        ELSE CAST(CAST(fair_sales._p0 AS FLOAT64) * CAST(CASE WHEN fair_sales._c0 = 'EUR' THEN 1 ELSE rates.rate END AS FLOAT64) AS FLOAT64) / CAST(gbp_rates.rate AS FLOAT64)
      END
    ) AS _m0,
    CAST(NULL AS FLOAT64) AS _m1
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
    CAST(NULL AS FLOAT64) AS _m0,
    SUM(CAST(orders._p0 AS FLOAT64) / CAST(gbp_rates.rate AS FLOAT64)) AS _m1
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
  1 ASC NULLS LAST
