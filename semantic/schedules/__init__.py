"""Schedules: cron rules by someone's clock, their next times, and the same rules in plain words.

`semantic.worker` runs what is due, and `semantic.services` decides what is sent.
"""
