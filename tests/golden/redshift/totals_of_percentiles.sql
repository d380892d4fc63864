SELECT
  facts.market AS market,
  GROUPING(facts.market) AS _t0,
  CAST(PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY
    CAST(facts._m0 AS DOUBLE PRECISION)) AS DOUBLE PRECISION) AS median_response_minutes,
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
  2 ASC,
  3 DESC NULLS LAST,
  1 ASC
