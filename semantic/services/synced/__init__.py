"""Offer stewards the changes in a synced folder of model files, such as a clone of a git repository on the server.

This package reads the folder and records its changes in the store. It neither publishes changes nor writes to the
folder.
"""
