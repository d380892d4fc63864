SELECT
  channels.channel AS channel,
  CAST(CAST(SUM(
    CAST(fair_sales.amount AS FLOAT64) * CAST(CASE WHEN fair_sales.paid_in = 'EUR' THEN 1 ELSE rates.rate END AS FLOAT64)
  ) AS FLOAT64) / NULLIF(
    COUNT(
      CAST(fair_sales.amount AS FLOAT64) * CAST(CASE WHEN fair_sales.paid_in = 'EUR' THEN 1 ELSE rates.rate END AS FLOAT64)
    ),
    0
  ) AS FLOAT64) AS fair_mean,
  CAST((
    ARRAY_AGG(
      CAST(CAST(fair_sales.amount AS FLOAT64) * CAST(CASE WHEN fair_sales.paid_in = 'EUR' THEN 1 ELSE rates.rate END AS FLOAT64) AS FLOAT64) IGNORE NULLS ORDER BY CAST(CAST(fair_sales.amount AS FLOAT64) * CAST(CASE WHEN fair_sales.paid_in = 'EUR' THEN 1 ELSE rates.rate END AS FLOAT64) AS FLOAT64)
    )[SAFE_OFFSET(CAST(FLOOR(
      0.5 * (
        COUNT(
          CAST(CAST(fair_sales.amount AS FLOAT64) * CAST(CASE WHEN fair_sales.paid_in = 'EUR' THEN 1 ELSE rates.rate END AS FLOAT64) AS FLOAT64)
        ) - 1
      )
    ) AS INT64))] + (
      ARRAY_AGG(
        CAST(CAST(fair_sales.amount AS FLOAT64) * CAST(CASE WHEN fair_sales.paid_in = 'EUR' THEN 1 ELSE rates.rate END AS FLOAT64) AS FLOAT64) IGNORE NULLS ORDER BY CAST(CAST(fair_sales.amount AS FLOAT64) * CAST(CASE WHEN fair_sales.paid_in = 'EUR' THEN 1 ELSE rates.rate END AS FLOAT64) AS FLOAT64)
      )[SAFE_OFFSET(CAST(CEIL(
        0.5 * (
          COUNT(
            CAST(CAST(fair_sales.amount AS FLOAT64) * CAST(CASE WHEN fair_sales.paid_in = 'EUR' THEN 1 ELSE rates.rate END AS FLOAT64) AS FLOAT64)
          ) - 1
        )
      ) AS INT64))] - ARRAY_AGG(
        CAST(CAST(fair_sales.amount AS FLOAT64) * CAST(CASE WHEN fair_sales.paid_in = 'EUR' THEN 1 ELSE rates.rate END AS FLOAT64) AS FLOAT64) IGNORE NULLS ORDER BY CAST(CAST(fair_sales.amount AS FLOAT64) * CAST(CASE WHEN fair_sales.paid_in = 'EUR' THEN 1 ELSE rates.rate END AS FLOAT64) AS FLOAT64)
      )[SAFE_OFFSET(CAST(FLOOR(
        0.5 * (
          COUNT(
            CAST(CAST(fair_sales.amount AS FLOAT64) * CAST(CASE WHEN fair_sales.paid_in = 'EUR' THEN 1 ELSE rates.rate END AS FLOAT64) AS FLOAT64)
          ) - 1
        )
      ) AS INT64))]
    ) * (
      0.5 * (
        COUNT(
          CAST(CAST(fair_sales.amount AS FLOAT64) * CAST(CASE WHEN fair_sales.paid_in = 'EUR' THEN 1 ELSE rates.rate END AS FLOAT64) AS FLOAT64)
        ) - 1
      ) - FLOOR(
        0.5 * (
          COUNT(
            CAST(CAST(fair_sales.amount AS FLOAT64) * CAST(CASE WHEN fair_sales.paid_in = 'EUR' THEN 1 ELSE rates.rate END AS FLOAT64) AS FLOAT64)
          ) - 1
        )
      )
    )
  ) AS FLOAT64) AS fair_median
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
  2 DESC,
  1 ASC NULLS LAST
