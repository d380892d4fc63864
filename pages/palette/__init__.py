"""The search over every page, opened with Ctrl+K: what it offers, what it finds, and what opens."""
