"""A made-up home goods shop whose patterns are known: its tables, at any size, always the same for the same seed.

`company` builds it; `load` copies it into another engine. Its facts are in a folder for each area.
"""

from semantic.demo.company import build_company

__all__ = ["build_company"]
