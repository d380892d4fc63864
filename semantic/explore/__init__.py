"""The next question: whether this one is valid, what repairs it, and what can be added, searched, selected or asked
next.

Pure: each function takes a question or an answer and gives questions. The workspace runs them.
"""
