"""Containers: moving pictures and sound."""
