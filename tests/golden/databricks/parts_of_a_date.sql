SELECT
  CAST(EXTRACT(YEAR FROM orders._k0) AS BIGINT) AS date_part_year,
  CAST(EXTRACT(QUARTER FROM orders._k1) AS BIGINT) AS date_part_quarter,
  CAST(EXTRACT(MONTH FROM orders._k2) AS BIGINT) AS date_part_month,
  CAST(EXTRACT(DAY FROM orders._k3) AS BIGINT) AS date_part_day,
  CAST(DAYOFYEAR(orders._k4) AS BIGINT) AS date_part_doy,
  CAST(WEEKDAY(orders._k5) + 1 AS BIGINT) AS date_part_dow,
  CAST(SUM(orders._p0) AS DOUBLE) AS net_revenue
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
