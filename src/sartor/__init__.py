"""Sartor decides, by measurement, which language model, adapted how, is right for a task."""

__version__ = "0.1.0"
