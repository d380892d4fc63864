"""The Domains page: each team's stewards, members, metrics and segments, and the draft of its stewards."""
