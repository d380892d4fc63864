"""Policies as forms: the list, the form and the text of one policy, the effect of a change, and the tests
of policies.
"""
