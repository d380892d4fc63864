"""OpenID Connect as a company's people sign in by it: what a provider says of itself, its tokens, and asking it."""
