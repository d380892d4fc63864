SELECT
  leads.market AS market,
  CAST(PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY
    CAST(leads.first_response_minutes AS DOUBLE PRECISION)) AS DOUBLE PRECISION) AS median_response_minutes,
  CAST(PERCENTILE_CONT(0.9) WITHIN GROUP (ORDER BY
    CAST(leads.first_response_minutes AS DOUBLE PRECISION)) AS DOUBLE PRECISION) AS long_response_minutes
FROM fct_lead AS leads
WHERE
  NOT leads.is_test AND NOT leads.is_internal
GROUP BY
  1
ORDER BY
  2 DESC NULLS LAST,
  1 ASC
