SELECT
  CAST(EXTRACT(YEAR FROM orders._k0) AS INT64) AS date_part_year,
  CAST(EXTRACT(QUARTER FROM orders._k1) AS INT64) AS date_part_quarter,
  CAST(EXTRACT(MONTH FROM orders._k2) AS INT64) AS date_part_month,
  CAST(EXTRACT(DAY FROM orders._k3) AS INT64) AS date_part_day,
  CAST(EXTRACT(DAYOFYEAR FROM orders._k4) AS INT64) AS date_part_doy,
  CAST(MOD(EXTRACT(DAYOFWEEK FROM orders._k5) + 5, 7) + 1 AS INT64) AS date_part_dow,
  CAST(SUM(orders._p0) AS FLOAT64) AS net_revenue
FROM (
  SELECT
    orders.order_date AS _k0,
    orders.order_date AS _k1,
    orders.order_date AS _k2,
    orders.order_date AS _k3,
    orders.order_date AS _k4,
    orders.order_date AS _k5,
    SUM(orders.net_sales) AS _p0
  FROM fct_order AS orders
  WHERE
    NOT orders.is_test
    AND orders.status <> 'cancelled'
    AND orders.status <> 'returned'
  GROUP BY
    1,
    2,
    3,
    4,
    5,
    6
) AS orders
GROUP BY
  1,
  2,
  3,
  4,
  5,
  6
ORDER BY
  1 ASC NULLS LAST,
  2 ASC NULLS LAST,
  3 ASC NULLS LAST,
  4 ASC NULLS LAST,
  5 ASC NULLS LAST,
  6 ASC NULLS LAST
