SELECT
  order_lines.product_category AS product_category,
  CAST(COALESCE(SUM(order_lines.quantity), 0) AS Nullable(Int64)) AS units
FROM (
  SELECT
    l.order_id AS order_id,
    l.line_no AS line_no,
    l.product_id AS product_id,
    l.product AS product,
    l.product_category AS product_category,
    l.quantity AS quantity,
    l.gross AS gross,
    l.discount AS discount,
    l.net AS net,
    l.cogs AS cogs,
    o.created_at AS created_at,
    o.order_date AS order_date,
    o.market AS market,
    o.status AS status,
    o.is_test AS is_test,
    o.loaded_at AS loaded_at
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
  1 ASC
