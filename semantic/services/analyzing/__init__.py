"""Analyses of events under one person's access: compiling, running, reading and recording them.

`semantic.analyses.events` defines the kinds of analyses and how they count.
"""
