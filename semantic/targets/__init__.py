"""Targets of metrics: what each applies to, who can see it, its pace, and targets parsed from pasted lines.

`store.numbers.targets` has the stored targets. `services.targets` changes them and computes pace.
"""
