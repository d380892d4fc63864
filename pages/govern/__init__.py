"""What stewards govern, a folder each: definitions, access, and data checks."""
