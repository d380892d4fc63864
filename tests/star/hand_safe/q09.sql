-- Revenue so far, month by month; a month without orders shows what there was before it.
WITH by_day AS (SELECT ordered_on AS day, sum(revenue) AS revenue FROM orders GROUP BY ordered_on),
by_month AS (SELECT month, sum(revenue) AS revenue FROM dates LEFT JOIN by_day USING (day) GROUP BY month)
SELECT month AS date_month, revenue, sum(revenue) OVER (ORDER BY month) AS revenue_so_far
FROM by_month
