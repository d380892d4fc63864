"""Certifications in the store: acts such as granting and revoking, and the versions that changed definitions.

`services.certifying` decides who can do what, and which certifications are valid.
"""
