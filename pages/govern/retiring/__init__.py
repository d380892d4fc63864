"""The page that retires a metric: what uses it, its successor, and the values before and after."""
