"""The demo company's marketing: ads by day and in detail, emails, and plans.

Each file fills the tables that its first line names. Channels and keywords are written in `world`.
"""
