"""Break metrics down into measures, and decide what each kind of measure adds to a leg.

This includes currency conversion, and counts of the members and of the data behind a number. `time` decides which days
a number counts.
"""
