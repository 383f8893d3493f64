"""Verify one frame against another."""
