"""Requests to stewards: the form, which opens on any page, and the answers, which appear where people asked."""
