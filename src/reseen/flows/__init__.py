"""What reseen does, as functions that read like their docstrings."""
