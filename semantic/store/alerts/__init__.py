"""Alerts as they are kept: what each one watches and whom it tells, and the history of every period it judged.

`semantic.alerts` has the rules. `services.alerts` decides who can have which alert, and judges them.
"""
