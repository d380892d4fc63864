"""The search over all pages, which Ctrl+K opens: its pages and actions, its results, and opening a result."""
