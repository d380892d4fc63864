"""Metrics broken down into measures, and what each kind of measure adds to a leg.

Also computes currency conversion, how many members a number is based on, and its evidence. `time` decides which days a
number counts.
"""
