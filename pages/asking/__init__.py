"""Asking stewards for something: the form, from any page, and the answers where people asked."""
