"""What an administrator does with a whole store: copies of it, how long its log is kept, erasing a person.

Steps between the store's own tables are in `store.migrate`.
"""
