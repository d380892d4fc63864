SELECT
  CAST(DATE_TRUNC('MONTH', found._day) AS DATE) AS date_month,
  CAST(SUM(found._m0) AS DOUBLE PRECISION) AS fair_last
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
