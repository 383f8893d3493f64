"""The nouns of reseen: frozen types without input, output or third-party types but numpy."""
