"""A made-up home goods shop with known patterns: its tables, at any size, always the same for the same seed.

`company` builds the shop, and `load` copies it into another engine. The facts of each area are in a folder of their
own.
"""

from semantic.demo.company import build_company

__all__ = ["build_company"]
