"""The truth: what must survive a restart."""
