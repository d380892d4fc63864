"""The pages for stewards, with a folder for each, such as definitions, access, domains and data checks."""
