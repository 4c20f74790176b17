"""One thin file a subcommand; no logic. Heavy modules are imported inside the commands that need them."""
