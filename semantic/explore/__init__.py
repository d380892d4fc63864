"""Find the next question: check and repair the current one, and offer what can be added, searched, selected or asked
next.

Pure: each function turns a question or an answer into questions. The workspace runs them.
"""
