"""What one person can find, open, make and change: each service joins the store's rules with the policy's.

Pages, commands and the API call these; nothing here draws or speaks HTTP. `process` holds what one process serves.
"""
