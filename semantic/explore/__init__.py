"""Find the next question: check and repair the current one, and offer what to add, search, select or ask next.

The functions are pure: each returns questions for a question or an answer, and the workspace runs them.
"""
