SELECT
  found._k0 AS channel,
  shown._day AS date_day,
  CAST(SUM(found._p0) AS Nullable(Float64)) AS spend_month_to_date
FROM (
  SELECT
    addDays(CAST(CAST('2026-06-15' AS Nullable(Date32)) AS Nullable(Date32)), number) AS _day
  FROM numbers(
    0,
    GREATEST(
      0,
      COALESCE(
        DATE_DIFF(
          DAY,
          CAST(CAST('2026-06-15' AS Nullable(Date32)) AS Nullable(Date32)),
          CAST(CAST('2026-06-28' AS Nullable(Date32)) AS Nullable(Date32))
        ) + 1,
        0
      )
    )
  )
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
    ad_spend.date_day >= CAST('2026-06-01' AS Nullable(Date32))
    AND ad_spend.date_day < CAST('2026-06-29' AS Nullable(Date32))
  GROUP BY
    1,
    2
) AS found
  ON found._k1 <= shown._day
  AND found._k1 >= CAST(dateTrunc('MONTH', shown._day) AS Nullable(Date32))
GROUP BY
  1,
  2
ORDER BY
  2 ASC,
  1 ASC
