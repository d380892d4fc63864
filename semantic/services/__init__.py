"""Services for one signed-in person: finding, opening, creating and changing what they have access to.

Each service applies the store's rules and then the person's policy. Pages, commands and the API call these services,
which neither draw anything nor handle HTTP. `process` holds the state that all requests of a process share.
"""
