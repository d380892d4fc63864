"""The pages for stewards, in a folder each: definitions, access, and data checks."""
