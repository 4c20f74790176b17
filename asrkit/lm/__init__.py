"""n-gram language models: counted, smoothed, pruned, mixed, asked."""
