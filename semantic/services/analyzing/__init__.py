"""Analyses of events under one person's access: the statement is compiled, run, read and recorded here.

What an analysis asks and how it counts is in `semantic.analyses.events`.
"""
