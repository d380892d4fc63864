"""The demo company's world, before any facts: markets, calendar, channels, keywords, products, and reproducible random
numbers.

Written by hand, or drawn from the seed. What is planted in it, so that tests can find it again, is in `planted`.
"""
