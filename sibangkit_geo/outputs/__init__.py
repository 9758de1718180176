"""Write: every product first to a staging folder, then into place at once."""
