"""Nearest rows by signal: the exact index, and the embedded one in a process of its own."""
