"""Who is signed in to this process: sessions identified by a browser's token, and renewing their provider's claims.

Kept in memory and synchronized with the store; the protocol is in `oidc`, what a person can see in `policy`.
"""
