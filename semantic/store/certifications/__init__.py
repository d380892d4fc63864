"""Certifications in the store: who requested, granted, renewed and revoked them, and which days changed definitions.

`services.certifying` decides who may, and which certifications are valid.
"""
