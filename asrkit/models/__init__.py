"""The model that ships with asrkit, and the general graph for it, each in a folder of its own."""
