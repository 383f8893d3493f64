"""Contract suites and seeded media, for our tests and for those of adapters elsewhere."""
