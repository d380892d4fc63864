"""People: who signs in here, why each has their role, what they have open, and whether they can come in."""
