"""Measure reseen and its peers on real media; raw rows are kept, metrics are pure functions."""
