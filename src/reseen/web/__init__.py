"""HTTP: requests become flows, reports become envelopes."""
