"""The demo company: a made-up home goods shop with known patterns, at any size, always the same for one seed.

`company` builds it, and `load` copies it to another engine. Each area of the business has its own folder.
"""

from semantic.demo.company import build_company

__all__ = ["build_company"]
