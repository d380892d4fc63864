"""Alerts: creating and judging them, always under their recipient's policy.

`readings` asks for a metric's numbers as one actor, `of_analysis` for those of an analysis, `work` is what pages use,
`job` judges every alert for every recipient, and `letter` writes the messages.
"""
