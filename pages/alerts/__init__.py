"""Alerts: the list of those that you set or receive. `edit` has the form with its preview, `read` one alert with its
history.
"""
