"""The work of one person: what they can find, open, create and change.

Each service applies both the store's rules and the policy's. Pages, commands and the API call these services. Nothing
here draws or speaks HTTP. `process` holds what all requests of a process share.
"""
