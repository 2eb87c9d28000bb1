"""Imports point down: who may know whom, read from the source of every module."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import sartor

SOURCE = Path(sartor.__file__).parent
HEAVY = {"torch", "transformers", "peft", "onnxruntime", "onnx", "onnxscript", "safetensors.torch"}
"""Libraries that only `engines` may know."""
ALLOWED = {
    "core": set(),
    "engines": {"core"},
    "store": {"core"},
    "report": {"core"},
    "goal": {"core"},
    "data": {"core"},
    "base": {"core"},
    "tune": {"core"},
    "evaluate": {"core"},
    "decide": {"core", "evaluate"},
    "improve": {"core", "goal", "data", "base", "tune", "evaluate", "decide"},
    "serve": {"core", "goal", "data", "base", "tune", "evaluate", "decide"},
    "examples": set(),
    "results": {"core"},
}
"""Room to the rooms it may import besides itself; `flow`, its files and the faces are free."""
FLOW = {
    "flow",
    "intake",
    "delivery",
    "lessons",
    "answering",
    "asking",
    "findings",
    "pages",
    "speed",
    "models",
    "suitability",
}
"""The seven steps; the others hold what `flow` calls."""
ABOVE = FLOW | {"cli", "studio", "__init__", "__main__"}


def modules() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def room_of(path: Path) -> str:
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return parts[0]


def imported(path: Path) -> Iterator[tuple[str, int]]:
    """Every module that a file names in an import, wherever it stands, and the line."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are spelled out"
            yield str(node.module), node.lineno
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def name_of(path: Path) -> str:
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_room_imports_only_what_lies_below_it(path: Path) -> None:
    room = room_of(path)
    if room in ABOVE:
        return
    wrong = [
        f"{path}:{line} imports {name}"
        for name, line in imported(path)
        if name.split(".")[0] == "sartor"
        and len(name.split(".")) > 1
        and name.split(".")[1] not in ALLOWED[room] | {room}
    ]
    assert not wrong


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_only_the_engines_know_torch_and_its_like(path: Path) -> None:
    if room_of(path) == "engines":
        return
    wrong = [
        f"{path}:{line} imports {name}"
        for name, line in imported(path)
        if name in HEAVY or name.split(".")[0] in HEAVY
    ]
    assert not wrong


def test_faces_use_flow_and_flow_knows_no_face() -> None:
    named = {file: {n for n, _ in imported(SOURCE / f"{file}.py")} for file in FLOW}
    for names in named.values():
        assert not {name for name in names if name.startswith(("sartor.cli", "sartor.studio"))}
    for file in FLOW - {"flow"}:
        assert not {name for name in named[file] if name.startswith("sartor.flow")}
    below = [path for path in modules() if room_of(path) not in ABOVE]
    above = tuple(f"sartor.{name}" for name in (*FLOW, "cli"))
    for path in below:
        assert not {n for n, _ in imported(path) if n.startswith(above)}


def test_no_import_runs_in_a_circle() -> None:
    """Imports at the top of a module; those inside functions or for types cannot bite."""
    known = {name_of(path): path for path in modules()}
    graph = {
        name: {target for target in top_level(path) if target in known and target != name}
        for name, path in known.items()
    }
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join([*trail, name])
        if name not in done:
            for target in sorted(graph[name]):
                visit(target, (*trail, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def top_level(path: Path) -> Iterator[str]:
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.ImportFrom):
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_every_room_is_named_in_the_rules() -> None:
    """A new room has to say what it may import."""
    rooms = {room_of(path) for path in modules()}
    assert rooms <= ALLOWED.keys() | ABOVE
