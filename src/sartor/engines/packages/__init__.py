"""The winner as an ordinary model folder, and the few lines that serve it without torch.

Read in this order: `card` (what a folder says of itself), `write`, one file for each kind of
folder (`tfidf_folder`, `sentence_folder`, `transformer_folder`; for written answers `writer_folder`,
`prompt_folder`; for extracted ones `tagger_folder`, `rules_folder`), `loaded` (what every loaded package can
do), `serve` with `serve_writer` and `serve_tagger`, `check` and `check_written`.
"""

from sartor.engines.packages.card import PackageCard
from sartor.engines.packages.check import check_package
from sartor.engines.packages.check_written import WrittenCheck, check_written_package
from sartor.engines.packages.serve import ServedModel, load_package
from sartor.engines.packages.serve_tagger import ServedTagger
from sartor.engines.packages.write import write_package

__all__ = [
    "PackageCard",
    "ServedModel",
    "ServedTagger",
    "WrittenCheck",
    "check_package",
    "check_written_package",
    "load_package",
    "write_package",
]
