"""OpenID Connect: a provider's metadata, its tokens, and requests to the provider.

This package has only the protocol. `identity` says who is signed in, and the addresses a browser visits are in
`pages.sign_in`.
"""
