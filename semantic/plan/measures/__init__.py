"""Metrics broken down into measures, and what each kind of measure adds to a leg.

Also computes what is next to a number: currency conversion, how many things are behind it, and its support. `time`
decides which days a number counts.
"""
