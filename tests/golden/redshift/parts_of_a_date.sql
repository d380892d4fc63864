SELECT
  CAST(EXTRACT(YEAR FROM orders._k0) AS BIGINT) AS date_part_year,
  CAST(EXTRACT(QUARTER FROM orders._k1) AS BIGINT) AS date_part_quarter,
  CAST(EXTRACT(MONTH FROM orders._k2) AS BIGINT) AS date_part_month,
  CAST(EXTRACT(DAY FROM orders._k3) AS BIGINT) AS date_part_day,
  CAST(EXTRACT(DOY FROM orders._k4) AS BIGINT) AS date_part_doy,
  CAST((
    EXTRACT(DOW FROM orders._k5) + 6
  ) % 7 + 1 AS BIGINT) AS date_part_dow,
  CAST(SUM(orders._p0) AS DOUBLE PRECISION) AS net_revenue
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
  1 ASC,
  2 ASC,
  3 ASC,
  4 ASC,
  5 ASC,
  6 ASC
