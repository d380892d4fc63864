SELECT
  MIN(listed.customer_tier) AS customer_tier__min,
  MAX(listed.customer_tier) AS customer_tier__max,
  MIN(listed.customer_since_month) AS customer_since_month__min,
  MAX(listed.customer_since_month) AS customer_since_month__max
FROM (
  SELECT
    customers.tier AS customer_tier,
    CAST(DATE_TRUNC('MONTH', customers.first_order_date) AS DATE) AS customer_since_month
  FROM dim_customer AS customers
  GROUP BY
    1,
    2
) AS listed
