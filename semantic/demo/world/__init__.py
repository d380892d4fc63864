"""The demo company's world before any facts.

It has markets, calendar, channels, keywords, products, and reproducible random numbers.

Everything is written by hand or drawn from the seed. Patterns that tests look for are in `planted`.
"""
