"""How the embedded language models are made: corpus, tokenizer, training, evaluation, model card (README.md)."""
