"""Alerts as plain data: what each one watches, when it fires, when it is held back, and what is usual for a number.

Everything here is pure: readings and days are arguments. `store` keeps alerts and their history, and `services` asks
for the numbers under each recipient's own policy and sends what fired.
"""
