"""Targets as one person sees them: finding and setting them, and comparing actual values with them.

`work` reads and writes the targets that people set. `pacing` finds the target for a question's number and calculates
its pace. `attainment` lists every target that a person can see.
"""
