"""One file a revision, never changed once released. Data moves here too, in plain SQL."""
