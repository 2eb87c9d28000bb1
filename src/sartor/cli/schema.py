"""`sartor schema`: the JSON Schema of sartor.yaml."""

from __future__ import annotations

from sartor.cli.options import Debug, Json, Quiet


def schema(json: Json = False, quiet: Quiet = False, debug: Debug = False) -> None:
    """Print the JSON Schema of sartor.yaml, for editors.

    An editor that knows it completes settings and shows their help.
    """
    from sartor.cli.json_out import print_document
    from sartor.goal import goal_schema

    print_document(goal_schema())
