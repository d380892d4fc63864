"""The Explore page, with a question on the left and its answer on the right.

Other areas use the `builder` of a question and the `result`, too.
"""
