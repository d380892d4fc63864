"""Alerts as plain data: what an alert watches, when it fires, when it is held back, and its usual range.

Everything here is pure: readings and days are arguments. `store` keeps alerts and their history. `services` asks for
the numbers under each recipient's own policy, and sends messages about alerts that fire.
"""
