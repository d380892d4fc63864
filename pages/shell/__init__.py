"""What all pages share: who is asking, links and navigation, open tabs, viewing as someone, and undo. It imports no
page.

Widgets are in `pages.widgets`, and the web server in `pages.server`.
"""
