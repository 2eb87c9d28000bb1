"""Generative models of every family behind one interface: they write, they are asked, they learn.

Read in this order: `language_model` (trunk and output layer of a family), `sequences` (what a model has
read, and can go on with; kept in a `growing_cache`), `reading` (prompts into sequences), then the three
uses: `writer` (with `decoding` and `pieces`), `choices` (with `trie`), and `sequence_loss` (with `learned`
and `token_losses`).
"""
