"""Sessions: who is signed in to this process, identified by the token in their browser.

Also how claims are renewed at the provider.

Sessions are kept in memory and synchronized with the store. The protocol is in `oidc`, and `policy` decides what a
person can see.
"""
