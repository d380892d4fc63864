"""Retiring a metric: what uses it, what replaces it, and replacing it in saved questions and tiles."""
