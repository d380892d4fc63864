SELECT
  facts.date_month AS date_month,
  facts.channel AS channel,
  GROUPING(facts.date_month) AS _t0,
  GROUPING(facts.channel) AS _t1,
  CAST(SUM(facts._m0) AS Nullable(Float64)) AS fair_kept
FROM (
  SELECT
    CAST(dateTrunc('MONTH', fair_sales._k0) AS Nullable(Date32)) AS date_month,
    fair_sales._k1 AS channel,
    SUM(
      CASE
        WHEN fair_sales._c0 = 'SEK'
        THEN CAST(fair_sales._p0 AS Nullable(Float64))
        ELSE CAST(CAST(fair_sales._p0 AS Nullable(Float64)) * CAST(CASE WHEN fair_sales._c0 = 'EUR' THEN 1 ELSE rates.rate END AS Nullable(Float64)) AS Nullable(Float64)) / CAST(sek_rates.rate AS Nullable(Float64))
      END
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
      fair_sales.sold_on >= CAST('2026-04-01' AS Nullable(Date32))
      AND fair_sales.sold_on < CAST('2026-04-16' AS Nullable(Date32))
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
    AND rates.rate_day = CAST(CAST('2026-04-19' AS Nullable(Date32)) AS Nullable(Date32))
  CROSS JOIN (
    SELECT
      CASE WHEN COUNT(*) = 1 THEN MAX(sek_rates.rate) END AS rate
    FROM rates AS sek_rates
    WHERE
      sek_rates.currency = 'SEK'
      AND sek_rates.rate_day = CAST(CAST('2026-04-19' AS Nullable(Date32)) AS Nullable(Date32))
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
