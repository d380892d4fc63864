"""Public links: create links that open one board without sign-in, list them, and revoke them."""
