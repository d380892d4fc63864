"""The next question: whether the current one is valid, what repairs it, and what can be added, searched, selected or
asked next.

Pure: each function turns a question or an answer into questions. The workspace runs them.
"""
