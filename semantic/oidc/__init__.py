"""OpenID Connect: a provider's metadata, its tokens, and requests to the provider.

This package has only the protocol. Sessions are in `identity`, and the addresses a browser visits in `pages.sign_in`.
"""
