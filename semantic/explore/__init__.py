"""The next question: whether this one is valid, what repairs it, and what can be added, searched, picked or asked next.

Pure: each function takes a question or an answer and gives questions. Running them is the workspace's.
"""
