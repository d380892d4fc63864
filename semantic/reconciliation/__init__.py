"""Reconciliation of an ad platform's totals with ours.

It has the rules for counting conversions, and how much each difference in the rules contributes.
"""
