"""Find the next question: check and repair the current one, and offer what can be added, searched, selected or asked
next.

The functions are pure: each returns questions for a question or an answer, and the workspace runs them.
"""
