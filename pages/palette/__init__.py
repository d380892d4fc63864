"""The search over every page, opened with Ctrl+K: its offers, its results, and opening them."""
