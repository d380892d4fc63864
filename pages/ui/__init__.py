"""The shell around the pages: the server, who is signed in, and the widgets that pages share."""
