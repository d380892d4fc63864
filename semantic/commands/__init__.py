"""The commands of `python -m semantic`, one file each; `command_line` is how each begins and ends.

Short ones are in `semantic.__main__`. A command calls a service and prints; it decides nothing.
"""
