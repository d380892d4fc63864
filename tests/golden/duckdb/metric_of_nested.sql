WITH _per0 AS (
  WITH _per0_0 AS (
    SELECT
      orders.channel_key AS _k0,
      COUNT(*) AS _value
    FROM orders
    WHERE
      EXISTS(
        SELECT
          1
        FROM customers AS customer_rule
        WHERE
          customer_rule.customer_id = orders.customer_id
          AND (
            customer_rule.home IN ('DE')
          )
      )
      AND NOT orders.is_test
    GROUP BY
      1
  )
  SELECT
    orders.customer_id AS _k0,
    CAST(SUM(orders.amount) AS DOUBLE) AS _value
  FROM orders
  WHERE
    EXISTS(
      SELECT
        1
      FROM customers AS customer_rule
      WHERE
        customer_rule.customer_id = orders.customer_id
        AND (
          customer_rule.home IN ('DE')
        )
    )
    AND NOT orders.is_test
    AND EXISTS(
      SELECT
        1
      FROM _per0_0 AS members
      WHERE
        members._k0 = orders.channel_key AND members._value >= 2
    )
  GROUP BY
    1
), _per1 AS (
  SELECT
    lines.order_id AS _k0,
    CAST(SUM(lines.quantity) AS BIGINT) AS _value
  FROM (
    SELECT
      l.order_id,
      l.line_no,
      l.product,
      l.quantity,
      l.net,
      o.ordered_at,
      o.order_day
    FROM lines AS l
    LEFT JOIN orders AS o
      ON o.order_id = l.order_id
  ) AS lines
  WHERE
    EXISTS(
      SELECT
        1
      FROM orders AS order_rule
      JOIN customers AS customer_rule
        ON customer_rule.customer_id = order_rule.customer_id
      WHERE
        order_rule.order_id = lines.order_id AND (
          customer_rule.home IN ('DE')
        )
    )
  GROUP BY
    1
), _per2 AS (
  SELECT
    orders.customer_id AS _k0,
    COUNT(*) AS _value
  FROM orders
  WHERE
    EXISTS(
      SELECT
        1
      FROM customers AS customer_rule
      WHERE
        customer_rule.customer_id = orders.customer_id
        AND (
          customer_rule.home IN ('DE')
        )
    )
    AND NOT orders.is_test
  GROUP BY
    1
), _top AS (
  SELECT
    ranked.channel AS channel,
    1 AS found
  FROM (
    SELECT
      facts.channel AS channel,
      CAST(MAX(facts._m0) AS DOUBLE) AS regular_revenue,
      CAST(MAX(facts._m1) AS DOUBLE) AS revenue
    FROM (
      SELECT
        channels.channel AS channel,
        SUM(orders._p0) AS _m0,
        CAST(NULL AS DECIMAL(38, 4)) AS _m1
      FROM (
        SELECT
          orders.channel_key AS channel_key,
          SUM(orders.amount) AS _p0
        FROM orders
        WHERE
          EXISTS(
            SELECT
              1
            FROM customers AS customer_rule
            WHERE
              customer_rule.customer_id = orders.customer_id
              AND (
                customer_rule.home IN ('DE')
              )
          )
          AND NOT orders.is_test
          AND (
            EXISTS(
              SELECT
                1
              FROM _per0 AS members
              WHERE
                members._k0 = orders.customer_id AND members._value > 100
            )
            OR (
              EXISTS(
                SELECT
                  1
                FROM _per1 AS members
                WHERE
                  members._k0 = orders.order_id AND members._value > 2
              )
              AND (
                orders.device = 'mobile'
              )
            )
          )
          AND EXISTS(
            SELECT
              1
            FROM _per2 AS members
            WHERE
              members._k0 = orders.customer_id AND members._value >= 2
          )
        GROUP BY
          1
      ) AS orders
      LEFT JOIN channels
        ON channels.channel_key = orders.channel_key
      GROUP BY
        1
      UNION ALL
      SELECT
        channels.channel AS channel,
        CAST(NULL AS DECIMAL(38, 4)) AS _m0,
        SUM(orders._p0) AS _m1
      FROM (
        SELECT
          orders.channel_key AS channel_key,
          SUM(orders.amount) AS _p0
        FROM orders
        WHERE
          EXISTS(
            SELECT
              1
            FROM customers AS customer_rule
            WHERE
              customer_rule.customer_id = orders.customer_id
              AND (
                customer_rule.home IN ('DE')
              )
          )
          AND NOT orders.is_test
          AND (
            EXISTS(
              SELECT
                1
              FROM _per0 AS members
              WHERE
                members._k0 = orders.customer_id AND members._value > 100
            )
            OR (
              EXISTS(
                SELECT
                  1
                FROM _per1 AS members
                WHERE
                  members._k0 = orders.order_id AND members._value > 2
              )
              AND (
                orders.device = 'mobile'
              )
            )
          )
        GROUP BY
          1
      ) AS orders
      LEFT JOIN channels
        ON channels.channel_key = orders.channel_key
      GROUP BY
        1
    ) AS facts
    GROUP BY
      1
    ORDER BY
      2 DESC,
      1 ASC
    LIMIT 1
  ) AS ranked
)
SELECT
  facts.channel AS channel,
  facts._other AS _other,
  CAST(SUM(facts._m0) AS DOUBLE) AS revenue
FROM (
  SELECT
    CASE WHEN _top.found = 1 THEN every.channel END AS channel,
    CASE WHEN _top.found = 1 THEN 0 ELSE 1 END AS _other,
    every._m0 AS _m0
  FROM (
    SELECT
      channels.channel AS channel,
      SUM(orders._p0) AS _m0
    FROM (
      SELECT
        orders.channel_key AS channel_key,
        SUM(orders.amount) AS _p0
      FROM orders
      WHERE
        EXISTS(
          SELECT
            1
          FROM customers AS customer_rule
          WHERE
            customer_rule.customer_id = orders.customer_id
            AND (
              customer_rule.home IN ('DE')
            )
        )
        AND NOT orders.is_test
        AND (
          EXISTS(
            SELECT
              1
            FROM _per0 AS members
            WHERE
              members._k0 = orders.customer_id AND members._value > 100
          )
          OR (
            EXISTS(
              SELECT
                1
              FROM _per1 AS members
              WHERE
                members._k0 = orders.order_id AND members._value > 2
            )
            AND (
              orders.device = 'mobile'
            )
          )
        )
      GROUP BY
        1
    ) AS orders
    LEFT JOIN channels
      ON channels.channel_key = orders.channel_key
    GROUP BY
      1
  ) AS every
  LEFT JOIN _top
    ON _top.channel IS NOT DISTINCT FROM every.channel
) AS facts
GROUP BY
  facts.channel,
  facts._other
ORDER BY
  2 ASC,
  3 DESC,
  1 ASC
