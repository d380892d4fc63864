"""Boards: rows of tiles with a question each, and what a reader may change of all of them. Pure, like the question."""
