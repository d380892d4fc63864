"""The commands of `python -m semantic`, one file each. `command_line` has what all commands share.

Short commands are in `semantic.__main__`. A command only calls a service and prints the result.
"""
