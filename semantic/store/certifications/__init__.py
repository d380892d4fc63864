"""Certifications in the store: who requested, granted, renewed and revoked them, and which days changed definitions.

`services.certifying` decides who can do that, and which certifications are valid.
"""
