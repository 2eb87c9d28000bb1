"""The winner as an ordinary model folder, and the few lines that serve it without torch.

Read in this order: `card` (what a folder says of itself), `write`, one file for each kind of
folder (`tfidf_folder`, `sentence_folder`, `transformer_folder`), `serve`, `check`.
"""

from sartor.engines.packages.card import PackageCard
from sartor.engines.packages.check import check_package
from sartor.engines.packages.serve import ServedModel, load_package
from sartor.engines.packages.write import write_package

__all__ = ["PackageCard", "ServedModel", "check_package", "load_package", "write_package"]
