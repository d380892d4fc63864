SELECT
  answer.market AS market,
  answer.average_response_minutes AS average_response_minutes,
  answer.leads AS leads,
  answer._t0 AS _t0,
  answer._s0 AS _s0,
  answer._s1 AS _s1,
  answer._groups AS _groups
FROM (
  SELECT
    answer.market AS market,
    answer.average_response_minutes AS average_response_minutes,
    answer.leads AS leads,
    answer._t0 AS _t0,
    answer._s0 AS _s0,
    answer._s1 AS _s1,
    CASE WHEN answer._t0 = 1 THEN 1 ELSE 0 END AS _special,
    ROW_NUMBER() OVER (
      PARTITION BY CASE WHEN answer._t0 = 1 THEN 1 ELSE 0 END
      ORDER BY answer._t0 ASC NULLS LAST, answer.average_response_minutes DESC, answer.market ASC NULLS LAST
    ) AS _place,
    SUM(CASE WHEN answer._t0 = 1 THEN 0 ELSE 1 END) OVER () AS _groups
  FROM (
    SELECT
      facts.market AS market,
      GROUPING(facts.market) AS _t0,
      CAST(CAST(SUM(facts._m0) AS FLOAT64) / NULLIF(COUNT(facts._m0), 0) AS FLOAT64) AS average_response_minutes,
      COUNT(facts._m1) AS leads,
      CAST(COUNT(facts._m2) AS FLOAT64) AS _s0,
      CAST(VARIANCE(CAST(facts._m3 AS FLOAT64)) AS FLOAT64) AS _s1
    FROM (
      SELECT
        leads.market AS market,
        leads.first_response_minutes AS _m0,
        1 AS _m1,
        leads.first_response_minutes AS _m2,
        leads.first_response_minutes AS _m3
      FROM fct_lead AS leads
      WHERE
        NOT leads.is_test AND NOT leads.is_internal
    ) AS facts
    GROUP BY
      GROUPING SETS (
        (facts.market),
        ()
      )
  ) AS answer
) AS answer
WHERE
  answer._special = 1 OR answer._place <= 5
ORDER BY
  4 ASC NULLS LAST,
  2 DESC,
  1 ASC NULLS LAST
