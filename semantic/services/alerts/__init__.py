"""Create alerts and judge them, each under its recipient's policy.

`readings` asks for a metric's numbers as one actor, and `of_analysis` for the numbers of an analysis. Pages use `work`,
`job` judges every alert for every recipient, and `message` writes the messages.
"""
