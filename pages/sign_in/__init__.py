"""Signing in, by a provider or by a click in the demo: pages, addresses, what a browser carries, what went wrong.

Also one's own sign-ins, and the menu, which is one page for somebody who isn't signed in.
"""
