"""Alerts in the store: what each one watches, who receives it, and the history of every period it judged.

`semantic.alerts` has the rules. `services.alerts` decides who can have which alert, and judges them.
"""
