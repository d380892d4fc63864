"""Data checks: all of them for stewards, and those behind one metric, which its page shows too."""
