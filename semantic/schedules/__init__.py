"""Schedules: cron rules in a time zone, the times they are due, and their description in words.

`semantic.worker` runs jobs that are due, and `semantic.services` decides what is sent.
"""
