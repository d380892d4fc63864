"""Reconcile an ad platform's totals with ours.

This package has the rules for counting conversions, and calculates how much each rule that differs adds to the gap.
"""
