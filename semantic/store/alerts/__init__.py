"""Alerts in the store: what each one watches, who receives it, and its outcome for every period.

`semantic.alerts` has the rules. `services.alerts` decides who can have which alert, and judges them.
"""
