"""The settings of a process: read from the environment and files, checked, and returned as plain data.

A setting can refer to a secret in another place. `store.accounts.settings` has the settings that people change in the
app. `checkpoint` is in this package because every layer above it can do long work.
"""
