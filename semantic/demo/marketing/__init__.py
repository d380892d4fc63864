"""The demo company's marketing: ads by day and in detail, emails, and plans.

Each file fills the tables named in its first line. Channels and keywords are in `world`.
"""
