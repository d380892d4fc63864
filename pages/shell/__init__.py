"""Shared by all pages: the actor, links and navigation, open tabs, view-as, and undo. It imports no page.

Widgets are in `pages.widgets`, and the web server in `pages.server`.
"""
