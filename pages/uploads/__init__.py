"""Your uploads: upload a file, check how it is read, choose who sees it, and replace or delete it later."""
