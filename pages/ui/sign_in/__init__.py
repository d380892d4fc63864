"""Signing in, by a provider or a click in the demo: the addresses, what a browser carries, what went wrong in words."""
