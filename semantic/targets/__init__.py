"""Metrics' targets: their scope, who can see them, their pace, and targets read from pasted lines.

`store.targets` keeps targets. `services` changes them and computes pace.
"""
