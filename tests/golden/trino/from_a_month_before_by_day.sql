SELECT
  facts.date_day AS date_day,
  CAST(MAX(facts._m0) - MAX(facts._m1) AS DOUBLE) AS month_growth
FROM (
  SELECT
    orders.order_day AS date_day,
    SUM(orders.amount) AS _m0,
    CAST(NULL AS DECIMAL(38, 4)) AS _m1
  FROM orders
  WHERE
    orders.order_day >= CAST('2026-03-30' AS DATE)
    AND orders.order_day < CAST('2026-05-01' AS DATE)
    AND NOT orders.is_test
  GROUP BY
    1
  UNION ALL
  SELECT
    shown._day AS date_day,
    CAST(NULL AS DECIMAL(38, 4)) AS _m0,
    SUM(found._p0) AS _m1
  FROM (
    SELECT
      _day
    FROM UNNEST(SEQUENCE(
      CAST(CAST('2026-03-30' AS DATE) AS DATE),
      CAST(CAST('2026-04-30' AS DATE) AS DATE),
      INTERVAL '1' DAY
    )) AS t(_day)
  ) AS shown
  JOIN (
    SELECT
      orders.order_day AS _k0,
      SUM(orders.amount) AS _p0
    FROM orders
    WHERE
      orders.order_day >= CAST('2026-02-28' AS DATE)
      AND orders.order_day < CAST('2026-03-31' AS DATE)
      AND NOT orders.is_test
    GROUP BY
      1
  ) AS found
    ON found._k0 = DATE_ADD('MONTH', -1, shown._day)
  GROUP BY
    1
) AS facts
GROUP BY
  1
ORDER BY
  1 ASC
