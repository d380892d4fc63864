"""Find the next question to ask: check and repair the current one, and suggest what to add, search or select.

All functions are pure: they return questions, which the workspace then runs.
"""
