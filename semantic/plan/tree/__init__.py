"""The nodes of a plan, and the small facts that they carry.

Every part of the planner and the SQL writer shares this frozen data. No decision is made here.
"""
