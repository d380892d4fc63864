SELECT
  found.home AS home,
  TRUNC(found._day, 'MONTH') AS date_month,
  COUNT(found._m0) AS orders_by_mail
FROM (
  SELECT
    met.home AS home,
    met._day AS _day,
    met._m0 AS _m0
  FROM (
    SELECT
      base.home AS home,
      event._on_day AS _day,
      event._m0 AS _m0,
      ROW_NUMBER() OVER (PARTITION BY event._j0 ORDER BY base._at DESC, base._i0 NULLS LAST) AS _place
    FROM (
      SELECT
        customers.home AS home,
        sent_mails.sent_on AS _day,
        sent_mails.customer_id AS _b0,
        sent_mails.sent_on AS _at,
        sent_mails.mail_id AS _i0
      FROM (
        SELECT
          mail_id,
          customer_id,
          sent_on
        FROM mails
        WHERE
          NOT is_bot
      ) AS sent_mails
      LEFT JOIN customers
        ON customers.customer_id = sent_mails.customer_id
      WHERE
        sent_mails.sent_on >= CAST('2026-01-30' AS DATE)
        AND sent_mails.sent_on < CAST('2026-05-01' AS DATE)
    ) AS base
    JOIN (
      SELECT
        orders.customer_id AS _c0,
        orders.order_day AS _on,
        orders.order_day AS _on_day,
        orders.order_id AS _j0,
        1 AS _m0
      FROM orders
      WHERE
        NOT orders.is_test
    ) AS event
      ON event._c0 = base._b0
      AND base._at <= event._on
      AND base._at > DATE_ADD(event._on, -30)
  ) AS met
  WHERE
    met._place = 1
    AND met._day >= CAST('2026-03-01' AS DATE)
    AND met._day < CAST('2026-05-01' AS DATE)
) AS found
GROUP BY
  1,
  2
ORDER BY
  2 ASC NULLS LAST,
  1 ASC NULLS LAST
