"""Service tokens for scripts: create, transfer and revoke them."""
