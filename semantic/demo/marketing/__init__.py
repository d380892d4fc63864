"""The demo company's marketing: ads by day and in detail, emails, and plans.

The first line of each file names the tables that it fills. `world` has the channels and keywords.
"""
