"""reseen recognises media which has been seen before, however it was disguised."""

__version__ = "0.1.0"
