"""The only place that touches addresses and untrusted bytes."""
