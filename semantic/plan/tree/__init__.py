"""The nodes of a plan, and the small values that they contain.

Every part of the planner and the SQL writer shares this frozen data. No decision is made here.
"""
