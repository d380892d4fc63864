"""Show who sees which numbers and why: one number, one person, two people, policy tests, view as.

`semantic.policy` defines what a policy allows. The view-as banner is in `shell`.
"""
