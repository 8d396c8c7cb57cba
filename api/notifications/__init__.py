"""Who is told of what happened: in app, by mail, by webhook."""
