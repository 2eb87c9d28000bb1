"""Step 6: what the predictions are worth, and how sure that is.

Read `metrics.py` (the numbers), `intervals.py` (their uncertainty) and `paired.py` (two candidates
on the same rows) first; `calibration.py`, `automation.py` and `out_of_scope.py` say what may be
answered without a person. No model is needed here: all of it works on logits and decisions.
"""
