SELECT
  found._k0 AS channel,
  shown._day AS date_day,
  CAST(SUM(found._p0) AS DOUBLE PRECISION) AS spend_month_to_date
FROM (
  SELECT
    CAST(_day AS DATE) AS _day
  FROM GENERATE_SERIES(
    CAST(CAST(CAST('2026-06-15' AS DATE) AS DATE) AS TIMESTAMP),
    CAST(CAST(CAST('2026-06-28' AS DATE) AS DATE) AS TIMESTAMP),
    INTERVAL '1 DAY'
  ) AS t(_day)
) AS shown
JOIN (
  SELECT
    channels.channel COLLATE "C" AS _k0,
    ad_spend.date_day AS _k1,
    SUM(ad_spend.spend) AS _p0
  FROM fct_ad_campaign_daily AS ad_spend
  LEFT JOIN dim_channel AS channels
    ON channels.channel_key = ad_spend.channel_key
  WHERE
    ad_spend.date_day >= CAST('2026-06-01' AS DATE)
    AND ad_spend.date_day < CAST('2026-06-29' AS DATE)
  GROUP BY
    1,
    2
) AS found
  ON found._k1 <= shown._day
  AND found._k1 >= CAST(DATE_TRUNC('MONTH', shown._day) AS DATE)
GROUP BY
  1,
  2
ORDER BY
  2 ASC,
  1 ASC
