"""OpenID Connect: a provider's metadata, its tokens, and requests to the provider.

This package has only the protocol. `identity` has the sessions, and `pages.sign_in` the addresses that a browser
visits.
"""
