-- Revenue since the first of January, month by month; a month without orders shows what its year had before it.
WITH by_day AS (SELECT ordered_on AS day, sum(revenue) AS revenue FROM orders GROUP BY ordered_on),
by_month AS (SELECT month, sum(revenue) AS revenue FROM dates LEFT JOIN by_day USING (day) GROUP BY month)
SELECT month AS date_month, revenue, sum(revenue) OVER (PARTITION BY year(month) ORDER BY month) AS revenue_this_year
FROM by_month
