"""The Campaign names page: names that don't follow their rule, and mapping them. Rules are definitions."""
