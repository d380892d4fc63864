"""The Your uploads page: upload a file, check how it's read, choose who sees it, and replace or delete it later."""
