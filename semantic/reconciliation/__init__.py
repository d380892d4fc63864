"""Reconciliation of a platform's totals with ours: the rules under which conversions are counted, and the contribution
of each difference.
"""
