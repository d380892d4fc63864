"""Schedules: cron rules in a time zone, when they are next due, and the same rules in plain words.

`semantic.worker` runs what is due, and `semantic.services` decides what is sent.
"""
