SELECT
  facts.date_quarter AS date_quarter,
  facts._t0 AS _t0,
  CAST(MAX(facts._m0) AS Nullable(Float64)) AS mrr,
  CAST(MAX(facts._m1) AS Nullable(Float64)) AS opening_mrr
FROM (
  SELECT
    facts.date_quarter AS date_quarter,
    0 AS _t0,
    SUM(facts._m0) AS _m0,
    NULL AS _m1
  FROM (
    SELECT
      CAST(dateTrunc('QUARTER', found._day) AS Nullable(Date32)) AS date_quarter,
      found._m0 AS _m0
    FROM (
      SELECT
        dated._day AS _day,
        dated._m0 AS _m0,
        MAX(dated._day) OVER (PARTITION BY CAST(dateTrunc('QUARTER', dated._day) AS Nullable(Date32))) AS _last
      FROM (
        SELECT
          mrr_movements.month AS _day,
          mrr_movements.mrr AS _m0
        FROM (
          SELECT
            m.customer_id AS customer_id,
            m.month AS month,
            m.market AS market,
            m.mrr AS mrr,
            m.opening_mrr AS opening_mrr,
            m.change AS change,
            m.category AS category,
            m.is_active AS is_active,
            m.loaded_at AS loaded_at,
            COALESCE(e.plan_key, s.plan_key) AS plan_key
          FROM fct_mrr_month AS m
          LEFT JOIN fct_subscription_period AS e
            ON e.customer_id = m.customer_id
            AND e.status = 'active'
            AND e.valid_from < m.month + INTERVAL '1' MONTH
            AND e.valid_to >= m.month + INTERVAL '1' MONTH
          LEFT JOIN fct_subscription_period AS s
            ON s.customer_id = m.customer_id
            AND s.status = 'active'
            AND s.valid_from < m.month
            AND s.valid_to >= m.month
        ) AS mrr_movements
        WHERE
          mrr_movements.month >= CAST('2026-01-01' AS Nullable(Date32))
          AND mrr_movements.month < CAST('2026-07-01' AS Nullable(Date32))
      ) AS dated
    ) AS found
    WHERE
      found._day = found._last
  ) AS facts
  GROUP BY
    facts.date_quarter
  UNION ALL
  SELECT
    NULL AS date_quarter,
    1 AS _t0,
    SUM(facts._m0) AS _m0,
    NULL AS _m1
  FROM (
    SELECT
      found._m0 AS _m0
    FROM (
      SELECT
        dated._day AS _day,
        dated._m0 AS _m0,
        MAX(dated._day) OVER () AS _last
      FROM (
        SELECT
          mrr_movements.month AS _day,
          mrr_movements.mrr AS _m0
        FROM (
          SELECT
            m.customer_id AS customer_id,
            m.month AS month,
            m.market AS market,
            m.mrr AS mrr,
            m.opening_mrr AS opening_mrr,
            m.change AS change,
            m.category AS category,
            m.is_active AS is_active,
            m.loaded_at AS loaded_at,
            COALESCE(e.plan_key, s.plan_key) AS plan_key
          FROM fct_mrr_month AS m
          LEFT JOIN fct_subscription_period AS e
            ON e.customer_id = m.customer_id
            AND e.status = 'active'
            AND e.valid_from < m.month + INTERVAL '1' MONTH
            AND e.valid_to >= m.month + INTERVAL '1' MONTH
          LEFT JOIN fct_subscription_period AS s
            ON s.customer_id = m.customer_id
            AND s.status = 'active'
            AND s.valid_from < m.month
            AND s.valid_to >= m.month
        ) AS mrr_movements
        WHERE
          mrr_movements.month >= CAST('2026-01-01' AS Nullable(Date32))
          AND mrr_movements.month < CAST('2026-07-01' AS Nullable(Date32))
      ) AS dated
    ) AS found
    WHERE
      found._day = found._last
  ) AS facts
  UNION ALL
  SELECT
    facts.date_quarter AS date_quarter,
    0 AS _t0,
    NULL AS _m0,
    SUM(facts._m1) AS _m1
  FROM (
    SELECT
      CAST(dateTrunc('QUARTER', found._day) AS Nullable(Date32)) AS date_quarter,
      found._m1 AS _m1
    FROM (
      SELECT
        dated._day AS _day,
        dated._m1 AS _m1,
        MIN(dated._day) OVER (PARTITION BY CAST(dateTrunc('QUARTER', dated._day) AS Nullable(Date32))) AS _last
      FROM (
        SELECT
          mrr_movements.month AS _day,
          mrr_movements.opening_mrr AS _m1
        FROM (
          SELECT
            m.customer_id AS customer_id,
            m.month AS month,
            m.market AS market,
            m.mrr AS mrr,
            m.opening_mrr AS opening_mrr,
            m.change AS change,
            m.category AS category,
            m.is_active AS is_active,
            m.loaded_at AS loaded_at,
            COALESCE(e.plan_key, s.plan_key) AS plan_key
          FROM fct_mrr_month AS m
          LEFT JOIN fct_subscription_period AS e
            ON e.customer_id = m.customer_id
            AND e.status = 'active'
            AND e.valid_from < m.month + INTERVAL '1' MONTH
            AND e.valid_to >= m.month + INTERVAL '1' MONTH
          LEFT JOIN fct_subscription_period AS s
            ON s.customer_id = m.customer_id
            AND s.status = 'active'
            AND s.valid_from < m.month
            AND s.valid_to >= m.month
        ) AS mrr_movements
        WHERE
          mrr_movements.month >= CAST('2026-01-01' AS Nullable(Date32))
          AND mrr_movements.month < CAST('2026-07-01' AS Nullable(Date32))
      ) AS dated
    ) AS found
    WHERE
      found._day = found._last
  ) AS facts
  GROUP BY
    facts.date_quarter
  UNION ALL
  SELECT
    NULL AS date_quarter,
    1 AS _t0,
    NULL AS _m0,
    SUM(facts._m1) AS _m1
  FROM (
    SELECT
      found._m1 AS _m1
    FROM (
      SELECT
        dated._day AS _day,
        dated._m1 AS _m1,
        MIN(dated._day) OVER () AS _last
      FROM (
        SELECT
          mrr_movements.month AS _day,
          mrr_movements.opening_mrr AS _m1
        FROM (
          SELECT
            m.customer_id AS customer_id,
            m.month AS month,
            m.market AS market,
            m.mrr AS mrr,
            m.opening_mrr AS opening_mrr,
            m.change AS change,
            m.category AS category,
            m.is_active AS is_active,
            m.loaded_at AS loaded_at,
            COALESCE(e.plan_key, s.plan_key) AS plan_key
          FROM fct_mrr_month AS m
          LEFT JOIN fct_subscription_period AS e
            ON e.customer_id = m.customer_id
            AND e.status = 'active'
            AND e.valid_from < m.month + INTERVAL '1' MONTH
            AND e.valid_to >= m.month + INTERVAL '1' MONTH
          LEFT JOIN fct_subscription_period AS s
            ON s.customer_id = m.customer_id
            AND s.status = 'active'
            AND s.valid_from < m.month
            AND s.valid_to >= m.month
        ) AS mrr_movements
        WHERE
          mrr_movements.month >= CAST('2026-01-01' AS Nullable(Date32))
          AND mrr_movements.month < CAST('2026-07-01' AS Nullable(Date32))
      ) AS dated
    ) AS found
    WHERE
      found._day = found._last
  ) AS facts
) AS facts
GROUP BY
  1,
  2
ORDER BY
  2 ASC,
  1 ASC
