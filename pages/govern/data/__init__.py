"""Add data: from a connection's tables to a draft model, its first answers and a board. Uploads have their own page."""
