"""The commands of `python -m semantic`, one file each. `command_line` has what they all share.

Short ones are in `semantic.__main__`. A command calls a service and prints; it decides nothing.
"""
