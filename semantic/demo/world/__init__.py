"""The demo company's world, before any facts: markets, calendar, channels, keywords, products, and reproducible random
numbers.

Written by hand, or drawn from the seed. Patterns planted for tests to find are in `planted`.
"""
