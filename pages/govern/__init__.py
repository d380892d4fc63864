"""What stewards govern, a folder each: definitions, access, and the checks of the data."""
