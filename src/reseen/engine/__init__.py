"""Arrays in, matches out: pure functions that know no file, no model and no storage."""
