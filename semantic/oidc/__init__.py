"""OpenID Connect: what a provider says about itself, its tokens, and asking it.

The protocol alone. Who is signed in is in `identity`; the addresses a browser visits are in `pages.sign_in`.
"""
