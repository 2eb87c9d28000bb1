"""Benchmarks: run by hand as `python -m bench.NAME [--quick] [--json]`; each prints one JSON document."""
