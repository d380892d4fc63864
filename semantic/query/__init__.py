"""Questions as frozen data: how to encode them, resolve their periods to days, and describe them in words.

Names are resolved against a narrowed model. `plan` then decides how to answer the question.
"""
