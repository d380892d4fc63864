SELECT
  channels.channel AS channel,
  CAST(CAST(SUM(
    CAST(fair_sales.amount AS DOUBLE PRECISION) * CAST(CASE WHEN fair_sales.paid_in = 'EUR' THEN 1 ELSE rates.rate END AS DOUBLE PRECISION)
  ) AS DOUBLE PRECISION) / NULLIF(
    COUNT(
      CAST(fair_sales.amount AS DOUBLE PRECISION) * CAST(CASE WHEN fair_sales.paid_in = 'EUR' THEN 1 ELSE rates.rate END AS DOUBLE PRECISION)
    ),
    0
  ) AS DOUBLE PRECISION) AS fair_mean,
  CAST(PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY
    CAST(CAST(fair_sales.amount AS DOUBLE PRECISION) * CAST(CASE WHEN fair_sales.paid_in = 'EUR' THEN 1 ELSE rates.rate END AS DOUBLE PRECISION) AS DOUBLE PRECISION)) AS DOUBLE PRECISION) AS fair_median
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
GROUP BY
  1
ORDER BY
  2 DESC NULLS LAST,
  1 ASC
