"""A made-up home goods shop with known patterns: its tables, at any size, always the same for the same seed.

`company` builds the shop, and `load` copies it into another engine. Each area's facts are in their own folder.
"""

from semantic.demo.company import build_company

__all__ = ["build_company"]
