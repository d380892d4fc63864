"""OpenID Connect: a provider's metadata, its tokens, and requests to it.

Only the protocol. Who is signed in is in `identity`; the addresses a browser visits are in `pages.sign_in`.
"""
