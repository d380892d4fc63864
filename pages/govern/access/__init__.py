"""The Access page: who sees which numbers and why, by number and by person, with policy tests and view as.

`semantic.policy` defines what a policy allows. The view-as banner is in `shell`.
"""
