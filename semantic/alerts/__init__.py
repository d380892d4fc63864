"""Alerts as plain data: the number an alert watches, when it fires or is held, and usual ranges.

All of this is pure: readings and days are arguments. `store` has the alerts and their history. `services` asks for
numbers under each recipient's own policy, and sends messages about alerts that fire.
"""
