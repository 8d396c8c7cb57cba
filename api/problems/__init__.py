"""Every way in which a request can fail, each with a page that says what to do."""
