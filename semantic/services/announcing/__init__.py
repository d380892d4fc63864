"""Tell people that a definition changed: on the metric's page, on charts, and by email."""
