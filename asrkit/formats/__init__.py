"""One file a format: a frozen dataclass, `parse`, `serialize`, and the grammar in the module's docstring."""
