"""The pages for stewards, one folder each, such as definitions, access, domains and data checks."""
