"""What all pages share: who is asking, links and navigation, open tabs, viewing as someone, undo. It imports no page.

Widgets are in `pages.widgets`, the web server in `pages.server`.
"""
