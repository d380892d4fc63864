"""Targets as one person sees them: finding and setting them, and how their numbers are doing.

`work` reads and writes the targets that people set. `pacing` finds the target of a question's number and its pace, and
`attainment` lists every target that a person can see.
"""
