"""Who sees which numbers and why: one number, one person, two people, policy tests, view as.

What a policy allows is in `semantic.policy`; the view-as banner is in `shell`.
"""
