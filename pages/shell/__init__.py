"""What all pages share: the actor, links and navigation, open tabs, view-as, and undo. It imports no page.

`pages.widgets` has the widgets, and `pages.server` the web server.
"""
