"""Recognise sound: quads propose a clock, all peaks verify it."""
