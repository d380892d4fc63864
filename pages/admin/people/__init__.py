"""People: who signs in, why they have their role, their sign-ins, and whether they have access."""
