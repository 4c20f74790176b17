"""Hotwords: phrases whose units earn a bonus while the search goes on (laws 5–8)."""
