"""Signing in, with a provider or by a click in the demo: pages, addresses, cookies, errors.

This package also has your own sign-ins, and the menu, which is a single page for anyone who isn't signed in.
"""
