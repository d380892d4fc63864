"""Metrics' targets: what they apply to, who can see them, their pace, and targets read from pasted lines.

They are stored in `store.targets`; setting them and computing pace is in `services`.
"""
