"""The settings of a process, read from the environment and files, checked, and passed on as plain data.

Secrets are read by reference, never written in a settings file. Settings that people change in the app are in
`store.settings`. `checkpoint` is here because every layer above can do long work.
"""
