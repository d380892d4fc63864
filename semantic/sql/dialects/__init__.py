"""What each engine's SQL says, can't say, and says instead; and the printing of a tree in its words.

To add an engine, give it a row in `table`. Nothing here knows a plan.
"""
