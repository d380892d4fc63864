"""What every page shares: who is asking, links and navigation, open tabs, viewing as someone, undo. Knows no page.

Widgets are in `pages.widgets`, the web server in `pages.server`.
"""
