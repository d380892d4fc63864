"""The page of one alert: its chart, its history, and the buttons to acknowledge and snooze it."""
