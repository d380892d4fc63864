"""Sessions: who is signed in to this process, identified by the token in their browser.

This package also renews claims at the provider.

Sessions are cached in memory and synchronized with the store. `oidc` has the protocol, and `policy` decides what a
person can see.
"""
