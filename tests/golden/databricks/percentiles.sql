SELECT
  leads.market AS market,
  CAST(PERCENTILE(CAST(leads.first_response_minutes AS DOUBLE), 0.5) AS DOUBLE) AS median_response_minutes,
  CAST(PERCENTILE(CAST(leads.first_response_minutes AS DOUBLE), 0.9) AS DOUBLE) AS long_response_minutes
FROM fct_lead AS leads
WHERE
  NOT leads.is_test AND NOT leads.is_internal
GROUP BY
  1
ORDER BY
  2 DESC,
  1 ASC NULLS LAST
