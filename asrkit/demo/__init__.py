"""Two dozen short recordings with names that a general language model gets wrong; see README.md."""
