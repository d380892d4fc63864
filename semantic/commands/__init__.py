"""The commands of `python -m semantic`, one file each. `command_line` has the parts that they all share.

Short commands are in `semantic.__main__`. A command calls a service and prints the result. It decides nothing itself.
"""
