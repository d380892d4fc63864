"""What each engine's SQL supports, lacks, and says instead; and printing a tree in that dialect.

To add an engine, give it a row in `table`. Nothing here knows a plan.
"""
