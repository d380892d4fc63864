SELECT
  leads.market AS market,
  CAST(quantileExactInclusive(0.5)(CAST(leads.first_response_minutes AS Nullable(Float64))) AS Nullable(Float64)) AS median_response_minutes,
  CAST(quantileExactInclusive(0.9)(CAST(leads.first_response_minutes AS Nullable(Float64))) AS Nullable(Float64)) AS long_response_minutes
FROM fct_lead AS leads
WHERE
  NOT leads.is_test AND NOT leads.is_internal
GROUP BY
  1
ORDER BY
  2 DESC,
  1 ASC
