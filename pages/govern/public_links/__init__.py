"""The Public links page: create, list and revoke links that each open one board without sign-in."""
