SELECT
  DATE_TRUNC('MONTH', fair_sales._k0) AS date_month,
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
