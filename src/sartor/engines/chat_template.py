"""Chat templates of base models: what the ecosystem renders, in a sandbox with limits.

A template comes with a model folder and is hostile input. Jinja's sandbox keeps it from running code; the
limits here keep it from using up the machine. What is rendered is byte for byte what `apply_chat_template` of
transformers gives, but for the clock: a template that asks for the day gets a fixed one, or a prompt in
service would differ from the prompts in training.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from jinja2 import TemplateError, nodes
from jinja2.exceptions import SecurityError
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace
from jinja2.visitor import NodeTransformer

from sartor.core.errors import BaseModelError

TEMPLATE_CHARACTERS = 200_000
"""Longest template; the longest of public models have some 20,000."""
STEPS = 200_000
"""Loop steps of one rendering; a conversation of 1,000 turns takes some 10,000."""
VALUE_CHARACTERS = 20_000_000
"""Longest text that a template may build."""
LARGEST_NUMBER = 10_000_000
PADDING_FILTERS = frozenset({"center", "format", "indent", "wordwrap", "batch", "slice"})
WIDE = re.compile(r"\d{6,}")
"""A width that no format of a prompt needs."""
TODAY = datetime.datetime(2024, 7, 26)
"""The day that templates are told; Llama 3.1's own default."""


class ChatTemplate:
    """A base model's template, compiled.

    Args:
        source: Jinja text.
        special_tokens: `bos_token`, `eos_token`, ... that it may name.
        where: The file it comes from, for messages.
    """

    def __init__(self, source: str, *, special_tokens: Mapping[str, str], where: str) -> None:
        if len(source) > TEMPLATE_CHARACTERS:
            raise BaseModelError(
                where=where,
                problem=f"the chat template has {len(source):,} characters; at most "
                f"{TEMPLATE_CHARACTERS:,} are read.",
                fix="Use a model with a template of its own size, or remove the template.",
            )
        self.where = where
        self.special_tokens = dict(special_tokens)
        self._environment = _environment()
        try:
            self._template = self._environment.from_string(source)
        except TemplateError as error:
            raise self._broken(error) from error

    def render(
        self,
        messages: Sequence[Mapping[str, Any]],
        *,
        asks_for_answer: bool,
        tools: Sequence[Mapping[str, Any]] = (),
    ) -> str:
        """The conversation as the model reads it.

        Args:
            messages: With `role` and `content`, as `Turn.as_message` gives them.
            asks_for_answer: Whether the opening of an assistant turn follows.
            tools: Schemas of tools that may be called.

        Raises:
            BaseModelError: The template refuses the conversation (some know no system turn), fails, or
                goes beyond its limits.
        """
        self._environment.steps_left = STEPS
        try:
            pieces = self._template.generate(
                messages=[dict(message) for message in messages],
                tools=[dict(tool) for tool in tools] or None,
                documents=None,
                add_generation_prompt=asks_for_answer,
                **self.special_tokens,
            )
            return _joined(pieces)
        except (TemplateError, TypeError, ValueError, KeyError, ArithmeticError) as error:
            raise self._broken(error) from error
        except (RecursionError, MemoryError) as error:
            raise self._broken(SecurityError("it calls itself without end")) from error

    def _broken(self, error: Exception) -> BaseModelError:
        said = str(error).strip().splitlines() or [type(error).__name__]
        return BaseModelError(
            where=self.where,
            problem=f"the chat template fails: {said[0][:200]}",
            fix="Use another base model, or correct the template.",
        )


class _Environment(ImmutableSandboxedEnvironment):
    """Jinja's sandbox with a budget of loop steps and of characters."""

    intercepted_binops = frozenset({"*", "**", "+", "%"})
    steps_left = STEPS

    def _generate(self, source: nodes.Template, *args: Any, **kwargs: Any) -> str:
        return super()._generate(_Budgeted().visit(source), *args, **kwargs)

    def call(self, context: Any, called: Any, *args: Any, **kwargs: Any) -> Any:
        method = getattr(called, "__wrapped__", called)  # the sandbox wraps str.format
        _check_widths(getattr(method, "__self__", None), *args, *kwargs.values())
        return _checked(super().call(context, called, *args, **kwargs))

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator in ("*", "**"):
            _check_product(operator, left, right)
        if operator == "%":
            _check_widths(left)
        return _checked(super().call_binop(context, operator, left, right))

    def stepped(self, values: Iterable[Any]) -> Iterator[Any]:
        """The values one by one, each paid for."""
        for value in values:
            self.steps_left -= 1
            if self.steps_left < 0:
                raise SecurityError(f"it loops more than {STEPS:,} times")
            yield value


class _Budgeted(NodeTransformer):
    """Sends every loop, every joining of texts and every padding filter through the budget."""

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        node.iter = _through("stepped", node.iter)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _through("joined", nodes.List(node.nodes, lineno=node.lineno))

    def visit_Filter(self, node: nodes.Filter) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        if node.name in PADDING_FILTERS and node.node is not None:
            arguments = [node.node, *node.args, *(pair.value for pair in node.kwargs)]
            node.node = _through("narrow", nodes.List(arguments, lineno=node.lineno))
        return node


def _through(name: str, value: Any) -> nodes.Filter:
    return nodes.Filter(value, name, [], [], None, None, lineno=value.lineno)


class _Generation(Extension):
    """`{% generation %}` marks what a model is to learn; its text is rendered like any other."""

    tags = {"generation"}  # noqa: RUF012  (jinja's own declaration)

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


class _Namespace(Namespace):
    """Jinja's namespace without names that lead into Python."""

    def __init__(*args: Any, **kwargs: Any) -> None:
        own, rest = args[0], args[1:]
        values = dict(*rest, **kwargs)
        for name in values:
            _Namespace._check(name)
        Namespace.__init__(own, values)

    def __setitem__(self, name: str, value: Any) -> None:
        _Namespace._check(name)
        super().__setitem__(name, value)

    @staticmethod
    def _check(name: object) -> None:
        if isinstance(name, str) and name.startswith("_"):
            raise SecurityError(f"a namespace cannot hold `{name}`")


class _MakesDicts:
    """`dict(...)` without the class behind it."""

    def __call__(self, *args: Any, **kwargs: Any) -> dict[Any, Any]:
        return dict(*args, **kwargs)


@lru_cache(maxsize=1)
def _environment() -> _Environment:
    """As transformers sets it up (`chat_template_utils`), with limits."""
    environment = _Environment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, loopcontrols]
    )
    environment.filters["tojson"] = _as_json
    environment.filters["stepped"] = environment.stepped
    environment.filters["joined"] = lambda parts: _joined(str(part) for part in parts)
    environment.filters["narrow"] = _narrow
    environment.globals["raise_exception"] = _raise
    environment.globals["strftime_now"] = TODAY.strftime
    environment.globals["dict"] = _MakesDicts()
    environment.globals["namespace"] = _Namespace
    return environment


def _as_json(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: Any = None,
    sort_keys: bool = False,
) -> str:
    return json.dumps(
        value,
        ensure_ascii=ensure_ascii,
        indent=indent,
        separators=separators,
        sort_keys=sort_keys,
    )


def _raise(message: str) -> None:
    raise TemplateError(message)


def _joined(pieces: Iterable[str]) -> str:
    found, num_characters = [], 0
    for piece in pieces:
        found.append(piece)
        num_characters += len(piece)
        if num_characters > VALUE_CHARACTERS:
            raise SecurityError(f"it writes more than {VALUE_CHARACTERS:,} characters")
    return "".join(found)


def _narrow(arguments: Sequence[Any]) -> Any:
    """The value that a filter pads, once neither it nor the filter's arguments ask for too much."""
    _check_widths(*arguments)
    return arguments[0]


def _check_widths(*values: Any) -> None:
    for value in values:
        is_wide_format = isinstance(value, str) and ("%" in value or "{" in value)
        if (isinstance(value, int) and abs(value) > LARGEST_NUMBER) or (
            is_wide_format and WIDE.search(value)
        ):
            raise SecurityError("it asks for a width beyond what prompts need")


def _checked(value: Any) -> Any:
    if isinstance(value, str | list | tuple) and len(value) > VALUE_CHARACTERS:
        raise SecurityError(f"it builds a value of more than {VALUE_CHARACTERS:,} parts")
    return value


def _check_product(operator: str, left: Any, right: Any) -> None:
    numbers = [v for v in (left, right) if isinstance(v, int | float)]
    is_large = len(numbers) == 2 and abs(numbers[0] * numbers[1]) > LARGEST_NUMBER
    if operator == "**" or is_large or any(abs(n) > LARGEST_NUMBER for n in numbers):
        raise SecurityError(f"it computes with `{operator}` beyond what prompts need")
    sizes = [len(v) for v in (left, right) if isinstance(v, str | list | tuple)]
    if sizes and numbers and sizes[0] * abs(numbers[0]) > VALUE_CHARACTERS:
        raise SecurityError(f"it builds a value of more than {VALUE_CHARACTERS:,} parts")
