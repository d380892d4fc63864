"""Cases from outside this project, through the importer and the public names."""
