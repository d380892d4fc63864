"""What metrics are to reach: a target, whom it concerns, its pace, and targets read from pasted lines.

Keeping them is in `store.targets`, setting them and finding the pace of a number in `services`.
"""
