SELECT
  facts.market AS market,
  GROUPING(facts.market) AS _t0,
  CAST(PERCENTILE(CAST(facts._m0 AS DOUBLE), 0.5) AS DOUBLE) AS median_response_minutes,
  COUNT(facts._m1) AS leads
FROM (
  SELECT
    leads.market AS market,
    leads.first_response_minutes AS _m0,
    1 AS _m1
  FROM fct_lead AS leads
  WHERE
    NOT leads.is_test AND NOT leads.is_internal
) AS facts
GROUP BY
  GROUPING SETS (
    (facts.market),
    ()
  )
ORDER BY
  2 ASC NULLS LAST,
  3 DESC,
  1 ASC NULLS LAST
