"""What the demo company is before any fact: markets, calendar, channels, keywords, products, chance as arithmetic.

Written by hand, or drawn from the seed. What is planted in it, so that tests can find it again, is in `planted`.
"""
