"""The nodes of a plan and the small values in them.

The planner and the SQL writer share this frozen data. It makes no decisions.
"""
