"""The model that ships with asrkit, in a folder of its own."""
