"""Who is signed in to this process: sessions identified by a browser's token, and how their claims are renewed at the
provider.

Sessions are kept in memory and synchronized with the store. The protocol is in `oidc`, and `policy` says what a person
can see.
"""
