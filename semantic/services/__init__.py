"""What one person can find, open, create and change. Each service combines the store's rules with the policy's.

Pages, commands and the API call these services. Nothing here draws or speaks HTTP. `process` holds what one process
serves.
"""
