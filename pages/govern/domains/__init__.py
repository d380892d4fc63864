"""The Domains page: the stewards, members, metrics and segments of each team, and its stewards' draft."""
