"""How good a transcript is: alignment, error rates, hotword figures, comparison of two systems."""
