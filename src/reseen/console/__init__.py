"""The console: pages for people, and what only they ask of the server."""
