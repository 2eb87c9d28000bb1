"""How the embedded language models are made: corpus, tokenizer, training, evaluation, model card.

python -m tools.pretrain.corpus FOLDER      documents by kind, cleaned, free of what we measure on
python -m tools.pretrain.tokenizer FOLDER   byte-level BPE with chat and control tokens
python -m tools.pretrain.train FOLDER mini  both stages; stop it and run it again, it goes on
python -m tools.pretrain.evaluate FOLDER    bits per byte beside a 5-gram model; the model card
"""
