"""Which classifier reads handwritten digits best? A small project made with experimaestro."""
