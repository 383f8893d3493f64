"""Align moving pictures on one clock, and say where they begin and end."""
