SELECT
  leads.market AS market,
  CAST((
    ARRAY_AGG(
      CAST(leads.first_response_minutes AS FLOAT64) IGNORE NULLS ORDER BY CAST(leads.first_response_minutes AS FLOAT64)
    )[SAFE_OFFSET(CAST(FLOOR(0.5 * (
      COUNT(CAST(leads.first_response_minutes AS FLOAT64)) - 1
    )) AS INT64))] + (
      ARRAY_AGG(
        CAST(leads.first_response_minutes AS FLOAT64) IGNORE NULLS ORDER BY CAST(leads.first_response_minutes AS FLOAT64)
      )[SAFE_OFFSET(CAST(CEIL(0.5 * (
        COUNT(CAST(leads.first_response_minutes AS FLOAT64)) - 1
      )) AS INT64))] - ARRAY_AGG(
        CAST(leads.first_response_minutes AS FLOAT64) IGNORE NULLS ORDER BY CAST(leads.first_response_minutes AS FLOAT64)
      )[SAFE_OFFSET(CAST(FLOOR(0.5 * (
        COUNT(CAST(leads.first_response_minutes AS FLOAT64)) - 1
      )) AS INT64))]
    ) * (
      0.5 * (
        COUNT(CAST(leads.first_response_minutes AS FLOAT64)) - 1
      ) - FLOOR(0.5 * (
        COUNT(CAST(leads.first_response_minutes AS FLOAT64)) - 1
      ))
    )
  ) AS FLOAT64) AS median_response_minutes,
  CAST((
    ARRAY_AGG(
      CAST(leads.first_response_minutes AS FLOAT64) IGNORE NULLS ORDER BY CAST(leads.first_response_minutes AS FLOAT64)
    )[SAFE_OFFSET(CAST(FLOOR(0.9 * (
      COUNT(CAST(leads.first_response_minutes AS FLOAT64)) - 1
    )) AS INT64))] + (
      ARRAY_AGG(
        CAST(leads.first_response_minutes AS FLOAT64) IGNORE NULLS ORDER BY CAST(leads.first_response_minutes AS FLOAT64)
      )[SAFE_OFFSET(CAST(CEIL(0.9 * (
        COUNT(CAST(leads.first_response_minutes AS FLOAT64)) - 1
      )) AS INT64))] - ARRAY_AGG(
        CAST(leads.first_response_minutes AS FLOAT64) IGNORE NULLS ORDER BY CAST(leads.first_response_minutes AS FLOAT64)
      )[SAFE_OFFSET(CAST(FLOOR(0.9 * (
        COUNT(CAST(leads.first_response_minutes AS FLOAT64)) - 1
      )) AS INT64))]
    ) * (
      0.9 * (
        COUNT(CAST(leads.first_response_minutes AS FLOAT64)) - 1
      ) - FLOOR(0.9 * (
        COUNT(CAST(leads.first_response_minutes AS FLOAT64)) - 1
      ))
    )
  ) AS FLOAT64) AS long_response_minutes
FROM fct_lead AS leads
WHERE
  NOT leads.is_test AND NOT leads.is_internal
GROUP BY
  1
ORDER BY
  2 DESC,
  1 ASC NULLS LAST
