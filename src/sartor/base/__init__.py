"""Step 4: base models. Found by name, read as hostile input, described without loading weights."""
