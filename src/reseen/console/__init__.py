"""The console: where people look, decide and try. Static files, and the routes that serve them."""
