"""How the embedded language models are made, from texts to model card; README.md begins it."""
