SELECT
  campaigns.campaign AS campaign,
  channels.channel AS channel
FROM dim_campaign AS campaigns
FULL JOIN dim_channel AS channels
  ON channels.channel_key = campaigns.channel_key
WHERE
  channels.channel IS NULL OR NOT (
    channels.channel IN ('Display')
  )
GROUP BY
  1,
  2
ORDER BY
  1 ASC,
  2 ASC
