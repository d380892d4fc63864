"""The nodes of a plan, and the small facts they carry.

Frozen data that every part of the planner and the SQL writer share; no decision is made here.
"""
