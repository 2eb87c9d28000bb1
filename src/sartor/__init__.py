"""Sartor decides, by measurement, which language model, adapted how, is right for a task.

The verbs of the command line, for Python: `sartor.init`, `gather`, `plan`, `run`, `report`, `predict`.
They live in `sartor.flow` and are loaded on use.
"""

from typing import Any

__version__ = "0.1.0"
__all__ = ["gather", "init", "plan", "predict", "report", "run"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from sartor import flow

        return getattr(flow, name)
    raise AttributeError(f"module 'sartor' has no attribute '{name}'")
