"""Signing in, with a provider or, in the demo, with a click: pages, addresses, cookies and errors.

This package also has the page with your sign-ins, and the menu, which is a single page for people who aren't signed in.
"""
