"""Metrics taken apart into measures, and what each kind of measure adds to a leg.

Also what is computed beside a number: money exchanged, how many things are behind it, what supports it. Which days it
counts is in `time`.
"""
