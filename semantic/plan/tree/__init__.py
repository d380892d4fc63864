"""The nodes of a plan, and the small values that they contain.

Every part of the planner and the SQL writer uses this frozen data. Nothing is decided here.
"""
