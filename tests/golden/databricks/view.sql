SELECT
  order_lines.product_category AS product_category,
  CAST(COALESCE(SUM(order_lines.quantity), 0) AS BIGINT) AS units
FROM (
  SELECT
    l.order_id,
    l.line_no,
    l.product_id,
    l.product,
    l.product_category,
    l.quantity,
    l.gross,
    l.discount,
    l.net,
    l.cogs,
    o.created_at,
    o.order_date,
    o.market,
    o.status,
    o.is_test,
    o.loaded_at
  FROM fct_order_line AS l
  LEFT JOIN fct_order AS o
    ON o.order_id = l.order_id
) AS order_lines
WHERE
  NOT order_lines.is_test AND order_lines.status <> 'cancelled'
GROUP BY
  1
ORDER BY
  2 DESC,
  1 ASC NULLS LAST
