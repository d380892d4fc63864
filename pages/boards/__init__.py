"""Boards: the list, and creating one. Reading a board is in `read`, composing one in `edit`."""
