"""Who is signed in to this process: sessions known by a browser's token, and renewing what their provider says.

Kept in memory and followed in the store; the protocol is in `oidc`, what a person can see in `policy`.
"""
