"""The demo company's world before any facts: markets, calendar, channels, keywords, products and random numbers.

All of it is written by hand or drawn from the seed. `planted` has the patterns that tests look for.
"""
