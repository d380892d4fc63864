"""A board as one reader sees it, and its export to files. Start at `export`.

This package takes a board together with its answers. The page asks for the answers, and `semantic.boards` defines
boards.
"""
