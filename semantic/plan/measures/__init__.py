"""Metrics taken apart into measures, and what each kind of measure adds to a leg.

Also what is computed next to a number: currency conversion, how many things are behind it, its support. Which days it
counts is in `time`.
"""
