"""What every page stands in: who is asking, links and navigation, open tabs, viewing as somebody, undo.

Knows no page. Widgets are in `pages.widgets`, the web server in `pages.server`.
"""
