"""Break metrics down into measures, and decide what each kind of measure adds to a leg.

This includes currency conversion, how many members a number is based on, and how much data. `time` decides which days a
number counts.
"""
