"""One signal, one file: pixels or samples in, a track out."""
