SELECT
  found._k0 AS channel,
  shown._day AS date_day,
  CAST(SUM(found._p0) AS DOUBLE) AS spend_month_to_date
FROM (
  SELECT
    EXPLODE(
      SEQUENCE(
        CAST(CAST('2026-06-15' AS DATE) AS DATE),
        CAST(CAST('2026-06-28' AS DATE) AS DATE),
        INTERVAL '1' DAY
      )
    ) AS _day
) AS shown
JOIN (
  SELECT
    channels.channel AS _k0,
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
  ON found._k1 <= shown._day AND found._k1 >= TRUNC(shown._day, 'MONTH')
GROUP BY
  1,
  2
ORDER BY
  2 ASC NULLS LAST,
  1 ASC NULLS LAST
