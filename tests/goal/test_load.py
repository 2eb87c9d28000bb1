"""Loading a goal: what is read, what is refused, and in which words."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from sartor.core.errors import GoalError
from sartor.core.goal import (
    Budget,
    Goal,
    NearDuplicates,
    OutputKind,
    Preparation,
    Target,
)
from sartor.goal import load_goal, resolved_yaml

METHODS = ("majority", "tfidf", "zero_shot", "few_shot", "head", "last_layers", "lora", "full")
DIALS = {"head": ("regularisation", "pooling"), "lora": ("learning_rate", "rank"), "tfidf": ()}
START = "task: classify\ndata: [messages.csv]\n"

FULL = """\
task: classify
data: {train: [a.csv, b.csv], test: test.csv}
description: Which queue it belongs to.
columns: {input: body, output: queue, group: customer, time: sent_at, split: part}
output_kind: multi
labels: {refund: wants money back, no: is a refusal, late:}
targets: {macro_f1: 0.9, exact_match: {at_least: 0.5}}
tolerance: 0.02
budget: {hours: 1h30m, usd: 5}
constraints: {licence: commercial, latency_ms_p95: 2e2, memory_gb: 16, offline: on}
bases: [./local]
methods: [lora, head]
settings: {lora: {learning_rate: 1e-3, rank: 8}, head: {pooling: mean}}
automation: {precision: 0.9}
out_of_scope: {label: other, keep_share: 0.9}
prepare: {near_duplicates: {threshold: 0.9, in_train: drop}}
max_tokens: 128
max_examples: 1e5
seed: 7
seeds: 2
"""


@pytest.fixture(autouse=True)
def _hub_is_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)


@pytest.fixture
def load(tmp_path: Path):
    def load(text: str | bytes, *overrides: str, dials=DIALS) -> Goal:
        path = tmp_path / "sartor.yaml"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return load_goal(path, overrides=overrides, methods=METHODS, dials=dials)

    return load


def message(load, text: str | bytes, *overrides: str) -> str:
    with pytest.raises(GoalError) as caught:
        load(text, *overrides)
    return str(caught.value)


def test_two_lines_are_a_goal_and_the_rest_has_defaults(load):
    goal = load(START)
    assert replace(goal, origins={}) == Goal(task="classify", data={"all": ("messages.csv",)})
    assert goal.origins["data"] == "given"
    assert goal.origins["budget.hours"] == "default"
    assert set(goal.origins.values()) == {"given", "default"}


def test_every_setting_is_read(load):
    goal = load(FULL)
    assert goal.data == {"train": ("a.csv", "b.csv"), "test": ("test.csv",)}
    assert goal.output_kind is OutputKind.MULTI
    assert goal.labels == {"refund": "wants money back", "no": "is a refusal", "late": ""}
    assert goal.targets == (
        Target("macro_f1", at_least=0.9),
        Target("exact_match", at_least=0.5),
    )
    assert goal.budget == Budget(hours=1.5, usd=5.0)
    assert (goal.constraints.latency_ms_p95, goal.constraints.offline) == (200.0, True)
    assert goal.settings == {
        "lora": {"learning_rate": 0.001, "rank": 8},
        "head": {"pooling": "mean"},
    }
    assert type(goal.settings["lora"]["rank"]) is int
    assert (goal.automation_precision, goal.out_of_scope.label) == (0.9, "other")
    assert (goal.max_tokens, goal.max_examples, goal.seed, goal.seeds) == (128, 100_000, 7, 2)
    assert goal.prepare == Preparation(NearDuplicates(threshold=0.9, in_train="drop"))
    assert goal.origins["prepare.near_duplicates.threshold"] == "given"
    assert goal.origins["settings.lora.rank"] == "given"
    assert goal.origins["targets.exact_match"] == "given"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("prepare: {near_duplicates: {threshold: 80}}", "write `0.8`"),
        ("prepare: {near_duplicates: {threshold: 0.2}}", "at least 0.6 is possible"),
        ("prepare: {near_duplicates: {in_train: dropp}}", "Did you mean `drop`?"),
        ("prepare: {near_duplicates: {in_tran: drop}}", "Did you mean `in_train`?"),
        ("prepare: {near_duplicate: {}}", "Did you mean `near_duplicates`?"),
        ("near_duplicates: {in_train: drop}", "Did you mean `prepare: {near_duplicates: ...}`?"),
    ],
)
def test_a_setting_below_another_is_checked_as_well(load, line: str, said: str):
    assert said in message(load, START + line)


def test_the_file_of_the_design_loads(load):
    goal = load(
        "task: classify\ndata: [messages.csv]\n"
        "targets: {macro_f1: 0.90}        # at least\nbudget: {hours: 1, usd: 5}\n"
    )
    assert goal.targets == (Target("macro_f1", at_least=0.9),)


@pytest.mark.parametrize(
    ("line", "labels"),
    [
        ("labels: [yes, no, on, off]", ["yes", "no", "on", "off"]),
        ("labels: {yes: , no: }", ["yes", "no"]),
        ("labels: [1, 2.50, 010, 1e3]", ["1", "2.50", "010", "1e3"]),
        ("labels: [2024-01-01, 12:30, 'null', =]", ["2024-01-01", "12:30", "null", "="]),
    ],
)
def test_labels_stay_the_words_that_were_written(load, line: str, labels: list[str]):
    assert list(load(START + line).labels) == labels


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1e-3", 0.001),
        ("5", 5),
        ("010", 10),
        ("1_000", 1000),
        (".5", 0.5),
        ("off", False),
        ("true", True),
        ("mean+max", "mean+max"),
        ("'5'", "5"),
        ("'on'", "on"),
        ("-", "-"),
    ],
)
def test_a_pinned_hyperparameter_is_read_by_its_spelling(load, written: str, value: object):
    read = load(START + f"settings: {{lora: {{rank: {written}}}}}").settings["lora"]["rank"]
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    ("written", "hours"),
    [("2", 2.0), ("90m", 1.5), ("1h30m", 1.5), ("2 h", 2.0), ("0.5h", 0.5), ("20min", 1 / 3)],
)
def test_a_budget_may_be_a_duration(load, written: str, hours: float):
    assert load(START + f"budget: {{hours: {written}}}").budget.hours == pytest.approx(hours)


@pytest.mark.parametrize("written", ["'1e-3'", "1e-3", "0.001", "1.0e-3"])
def test_a_number_in_any_spelling_is_a_number(load, written: str):
    assert load(START + f"tolerance: {written}").tolerance == 0.001


def test_a_plain_mark_is_at_most_where_less_is_better(load):
    goal = load(START + "output_kind: score\ntargets: {mae: 0.3, r2: 0.5}")
    assert goal.targets == (Target("mae", at_most=0.3), Target("r2", at_least=0.5))


REFUSED = [
    # unknown keys
    ("budget: {hour: 1}", "sartor.yaml:3 > budget: `hour` is not a setting. Did you mean `hours`?"),
    ("budgt: {}", "sartor.yaml:3: `budgt` is not a setting. Did you mean `budget`?"),
    ("hours: 3", "sartor.yaml:3: `hours` is not a setting. Did you mean `budget: {hours: ...}`?"),
    (
        "budget:\n  usd: 3\n  zzz: 1",
        "sartor.yaml:5 > budget: `zzz` is not a setting. Known: hours, usd.",
    ),
    (
        "targets: {accuracy: {atleast: 1}}",
        "sartor.yaml:3 > targets > accuracy: `atleast` is not a setting. Did you mean `at_least`?",
    ),
    ("judge: g.md", "sartor.yaml:3: `judge` is not built yet, and would have no effect."),
    ("judge: x", "`judge` is not built yet"),
    ("prices: {a: 1}", "`prices` is not built yet"),
    # wrong types
    (
        "budget: {hours: soon}",
        "sartor.yaml:3 > budget > hours: `soon` is given where a number is wanted. "
        "Write for example `hours: 1.5`.",
    ),
    ("budget: {hours: 1.2.3h}", "`1.2.3h` is not a finite number."),
    ("budget: 3", "sartor.yaml:3 > budget: `3` is given where a mapping is wanted."),
    (
        "budget:",
        "sartor.yaml:3 > budget: nothing is given where a mapping is wanted. "
        "Write for example `budget: {hours: 1}`, or remove the line.",
    ),
    ("seed: [1]", "sartor.yaml:3 > seed: a list is given where a whole number is wanted."),
    ("seeds: 2.5", "`2.5` is given where a whole number is wanted."),
    ("constraints: {offline: maybe}", "`maybe` is given where `true` or `false` is wanted."),
    ("labels: no", "sartor.yaml:3 > labels: `no` is given where a list of names, or a mapping"),
    ("labels:\n- a\n- b: c", "sartor.yaml:3 > labels: a list is given where a list of names"),
    ("labels: ['']", "sartor.yaml:3 > labels: a list is given where a name of 1 to 200"),
    ("methods: {head: 1}", "sartor.yaml:3 > methods: a mapping is given where a list is wanted."),
    ("settings: {lora: {rank: [1]}}", "a list is given where one number or word is wanted."),
    ("settings: {lora: {rank: 1e999}}", "`1e999` is not a finite number."),
    ("description: [a]", "a list is given where a text is wanted."),
    ("columns: {input: ''}", "sartor.yaml:3 > columns > input: is empty."),
    ("output_kind: singel", "`singel` is not known here. Did you mean `single`?"),
    ("constraints: {licence: free}", "Known: commercial, internal, research."),
    # ranges
    ("tolerance: -1", "`-1` is too small: at least 0 is possible."),
    ("tolerance: .nan", "`.nan` is given where a number is wanted."),
    ("budget: {hours: 0}", "sartor.yaml:3 > budget > hours: `0` is too small: above 0"),
    ("budget: {hours: 1e9}", "`1e9` is too large: at most 8760 is possible."),
    ("max_tokens: 1e6", "`1e6` is too large: at most 131,072 is possible."),
    ("automation: {precision: 95}", "Shares are 0 to 1: write `0.95`."),
    ("automation: {precision: 95%}", "Shares are 0 to 1: write `0.95`."),
    ("tolerance: 1\ntargets: {accuracy: 0.9}", "sartor.yaml:3 > tolerance: `1` would let any"),
    # targets
    (
        "targets: {macro_f1: 92}",
        "sartor.yaml:3 > targets > macro_f1: `92` is above 1, which macro_f1 cannot be. "
        "Shares are 0 to 1: write `0.92`.",
    ),
    ("targets: {macro_f1: 90%}", "`90%` is given where a number is wanted. Shares are 0 to 1"),
    ("targets: {accuracy: -0.1}", "`-0.1` is below 0, which accuracy cannot be."),
    ("targets: {r2: 1.5}", "`1.5` is above 1, which r2 cannot be."),
    ("targets: {mae: -1}", "`-1` is below 0, which mae cannot be."),
    (
        "targets: {mae: {at_least: 3}}",
        "sartor.yaml:3 > targets > mae > at_least: `at_least` is impossible: less mae is better. "
        "Write `mae: {at_most: 3}`.",
    ),
    ("targets: {accuracy: {at_most: 0.3}}", "`at_most` is impossible: more accuracy is better."),
    ("targets: {accuracy: {}}", "sartor.yaml:3 > targets > accuracy: says nothing."),
    (
        "targets: {acuracy: 0.9}",
        "sartor.yaml:3 > targets: `acuracy` is not a metric. Did you mean `accuracy`? "
        "Known: accuracy, balanced_accuracy,",
    ),
    ("targets: {zzz: 1}", "`zzz` is not a metric. Known: accuracy,"),
    (
        "output_kind: score\ntargets: {accuracy: 0.9}",
        "sartor.yaml:4 > targets: `accuracy` is for labels of kind single, and these are score. "
        "For score there are: mae, rmse, r2, spearman.",
    ),
    ("targets: {accuracy: 0.9, mae: 1}", "`mae` is for labels of kind score, which `accuracy` is"),
    (
        "targets: {chrf: 0.5}",
        "sartor.yaml:3 > targets: `chrf` is for outputs of kind text, and these are multi or score or "
        "single. For multi or score or single there are: micro_f1, macro_f1, weighted_f1, exact_match, "
        "mae,",
    ),
    (
        "targets: {length_ratio: {at_most: 1.2}}",
        "sartor.yaml:3 > targets: `length_ratio` is reported, but cannot be a mark: an answer may be "
        "good in it and wrong. Choose one of: micro_f1, macro_f1,",
    ),
    ("targets: {repetition: 0.1}", "`repetition` is reported, but cannot be a mark"),
    ("targets: [accuracy]", "a list is given where a mapping is wanted."),
    # names
    ("methods: [hed]", "sartor.yaml:3 > methods: `hed` is not a method. Did you mean `head`?"),
    ("settings: {lorra: {rank: 4}}", "sartor.yaml:3 > settings: `lorra` is not a method."),
    (
        "settings:\n  lora:\n    rnk: 4",
        "sartor.yaml:5 > settings > lora: `rnk` is not a hyperparameter of `lora`. "
        "Did you mean `rank`?",
    ),
    ("settings: {tfidf: {c: 4}}", "`tfidf` has none; remove it."),
    ("methods: [head]\nsettings: {lora: {rank: 4}}", "`lora` is pinned here but is not among"),
    ("methods: [head, head]", "`head` is named twice."),
    ("labels: [a, b, a]", "sartor.yaml:3 > labels: `a` is named twice."),
    ("columns: {input: a, output: a}", "`a` is named for `input` and for `output`."),
    ("output_kind: score\nlabels: [a]", "sartor.yaml:4 > labels: has no effect"),
    # YAML itself
    ("seed: 1\nseed: 2", "sartor.yaml:4: `seed` stands here for the second time, first on line 3."),
    ("budget: {usd: 1, usd: 2}", "sartor.yaml:3 > budget: `usd` stands here for the second time"),
    ("seed: &a 1\nseeds: *a", "sartor.yaml:4 > seeds: `*a` is a YAML anchor or alias"),
    ("seed: !!int 1", "`tag:yaml.org,2002:int` is a YAML tag, which is not read."),
    ("seed: !!python/object/apply:os.system [x]", "is a YAML tag, which is not read."),
    ("? [a]\n: 1", "a list or mapping cannot be the name of a setting."),
    ("budget: {hours: 1", "is not YAML (while parsing a flow mapping"),
    ("\tseed: 1", "sartor.yaml:3: is not YAML ("),
    ("---\nseed: 1", "sartor.yaml:3: a second document begins here."),
    ('description: "\\ud800"', "holds half a character."),
    ('description: "\\UFFFFFFFF"', "sartor.yaml: is not YAML ("),
    ("description: \x07", "sartor.yaml: is not YAML ("),
    ("labels: " + "[" * 50_000, "is nested more than 32 deep."),
]


@pytest.mark.parametrize(("lines", "words"), REFUSED, ids=[lines[:40] for lines, _ in REFUSED])
def test_a_bad_setting_is_refused_with_place_value_and_fix(load, lines: str, words: str):
    assert words in message(load, START + lines)


WHOLE_FILES = [
    ("", "sartor.yaml: `task` is missing. Add `task: classify`."),
    ("task: classify", "sartor.yaml: `data` is missing. Add `data: [messages.csv]`."),
    ("hello", "sartor.yaml: `hello` is given where a mapping is wanted."),
    ("[a]", "sartor.yaml: a list is given where a mapping is wanted."),
    (b"task: classify\ndata: [caf\xe9.csv]", "sartor.yaml:2: byte 0xe9 is not UTF-8."),
    (b"#" * 300_000, "is larger than 256 KiB."),
    ("task: clasify\ndata: [a]", "sartor.yaml:1 > task: `clasify` is not known here."),
    ("task: clasify\ndata: [a]", "sartor.yaml:1 > task: `clasify` is not known here. Did you mean"),
]


@pytest.mark.parametrize(("content", "words"), WHOLE_FILES)
def test_a_file_that_is_no_goal_is_refused(load, content: str | bytes, words: str):
    assert words in message(load, content)


DATA = [
    ("[]", "sartor.yaml:2 > data: is empty."),
    ("['']", "sartor.yaml:2 > data: is empty."),
    ("", "sartor.yaml:2 > data: nothing is given where a list of files is wanted."),
    ("{all: }", "sartor.yaml:2 > data: is empty."),
    ("{all: [a], test: [b]}", "`all` stands beside other splits."),
    ("[gopher://example.com/a.csv]", "`gopher://example.com/a.csv` is an address of a kind"),
    ("sqlit:///a.db", "is not read. Did you mean `sqlite`?"),
    ("x1://a", "Known: "),
    (
        "[{sql: 'sqlite:///a.db', qurey: SELECT 1}]",
        "`qurey` is not a setting. Did you mean `query`?",
    ),
    ("[{sql: 'sqlite:///a.db'}]", "`query` is missing. Add `query: SELECT body"),
    ("{query: SELECT 1}", "`sql` is missing. Add `sql: sqlite:///shop.db`."),
    ("[{sql: [a], query: SELECT 1}]", "a list is given where a text is wanted."),
    ("sqlite://shop.db", "names no database file. Write `sqlite:///shop.db`"),
    ("[{sql: 'x://u:hunter2@h', query: SELECT 1}]", "`x://***@h#SELECT 1` is an address"),
    ("{trian: [a]}", "sartor.yaml:2 > data: `trian` is not a setting. Did you mean `train`?"),
    ("{train: [a]}", "only `train` is named."),
    ("{test: [a]}", "`train` is missing. Add `train: [train.csv]`."),
    ("{}", "sartor.yaml:2 > data: is empty."),
    ("{train: [a.csv], test: [./a.csv]}", "`./a.csv` is named for `train` and for `test`."),
    ("[a.csv, ./a.csv]", "`./a.csv` is named twice."),
    ('["a\\0b"]', "`a\\x00b` is not a path."),
]


@pytest.mark.parametrize(("data", "words"), DATA)
def test_impossible_data_is_refused(load, data: str, words: str):
    assert words in message(load, f"task: classify\ndata: {data}\n")


def test_all_problems_are_named_at_once_in_the_order_of_the_file(load):
    text = "task: clasify\ndata: [gopher://x.y/z]\nbudget:\n  hour: 1\n  usd: five\nseed: *a\n"
    with pytest.raises(GoalError) as caught:
        load(text, "seeds=many", "settings.lora.rnk=1")
    error = caught.value
    assert error.where == "sartor.yaml:1 > task"
    lines = str(error).splitlines()
    assert lines[1] == "6 more problems:"
    assert [line[:24] for line in lines[2:-1]] == [
        " - sartor.yaml:2 > data:",
        " - sartor.yaml:4 > budge",
        " - sartor.yaml:5 > budge",
        " - sartor.yaml:6 > seed:",
        " - --set seeds=many: `ma",
        " - --set settings.lora.r",
    ]
    assert error.fix == "Correct them all, then run again."
    assert error.exit_code == 2


def test_one_mistake_is_one_problem(load):
    """A refused value must not bring a second complaint about its type."""
    for line in ("seed: *a", "targets: {accuracy: 90%}", "seed: 1\nseed: x", "methods: [hed]"):
        assert "more problem" not in message(load, START + line), line


def test_a_thousand_problems_make_a_short_message(load):
    text = START + "".join(f"unknown_{i}: 1\n" for i in range(1000))
    assert "979 more" in message(load, text)
    assert len(message(load, text).splitlines()) < 30


def test_control_characters_and_length_never_reach_the_terminal(load):
    said = message(load, START + '"\\e[31m' + "x" * 500 + '": 1')
    assert "\x1b" not in said
    assert "x" * 100 not in said


def test_a_missing_file_says_how_to_get_one(tmp_path: Path):
    with pytest.raises(GoalError, match="sartor init DIR") as caught:
        load_goal(tmp_path / "sartor.yaml", methods=METHODS)
    assert "does not exist" in caught.value.problem


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path):
    with pytest.raises(GoalError, match="cannot be read"):
        load_goal(tmp_path, methods=METHODS)


def test_a_byte_order_mark_is_no_part_of_the_first_key(load):
    assert load(b"\xef\xbb\xbf" + START.encode()).task == "classify"


def test_hyperparameters_are_not_checked_where_none_are_known(load):
    goal = load(START + "settings: {lora: {anything: 1}}", dials=None)
    assert goal.settings == {"lora": {"anything": 1}}


class TestOverrides:
    def test_an_override_wins_over_the_file_and_is_given(self, load):
        goal = load(START + "budget: {hours: 1, usd: 3}", "budget.hours=90m", "seed=5")
        assert goal.budget == Budget(hours=1.5, usd=3.0)
        assert (goal.seed, goal.origins["seed"]) == (5, "given")

    def test_the_last_override_wins(self, load):
        assert load(START, "seed=1", "seed=2").seed == 2

    @pytest.mark.parametrize(
        ("override", "read"),
        [
            ("settings.lora.learning_rate=1e-3", {"settings": {"lora": {"learning_rate": 0.001}}}),
            ("methods=head", {"methods": ("head",)}),
            ("methods=[head, lora]", {"methods": ("head", "lora")}),
            ("data=[x.csv]", {"data": {"all": ("x.csv",)}}),
            ("targets={accuracy: 0.8}", {"targets": (Target("accuracy", at_least=0.8),)}),
            ("targets.accuracy=0.8", {"targets": (Target("accuracy", at_least=0.8),)}),
            ("description=what: is=it # now", {"description": "what: is=it # now"}),
            ("description='quoted'", {"description": "quoted"}),
            ("labels=[no, yes]", {"labels": {"no": "", "yes": ""}}),
        ],
    )
    def test_a_value_is_a_word_a_list_or_a_mapping(self, load, override: str, read: dict):
        goal = load(START, override)
        assert {name: getattr(goal, name) for name in read} == read

    def test_null_takes_a_setting_back(self, load):
        assert load(START + "budget: {usd: 3}", "budget.usd=null").budget.usd is None

    @pytest.mark.parametrize(
        ("override", "words"),
        [
            (
                "budget.hour=2",
                "--set budget.hour=2: `hour` is not a setting. Did you mean `hours`?",
            ),
            ("seed", "--set seed: is not `SETTING=VALUE`."),
            ("=3", "--set =3: is not `SETTING=VALUE`."),
            ("description=caf\udce9", "--set description=caf\\udce9: is not UTF-8."),
            ("budget..hours=3", "is not `SETTING=VALUE`."),
            ("seeds=many", "--set seeds=many: `many` is given where a whole number is wanted."),
            ("data.test=x", "`data` is a list in the file, which has no part `test`."),
            ("task.x=1", "`task` is `classify` in the file, which has no part `x`."),
            ("methods=[head", "--set methods=[head: is not YAML ("),
            ("targets={accuracy: 0.9, accuracy: 0.8}", "stands here for the second time"),
        ],
    )
    def test_a_bad_override_is_named_as_it_was_given(self, load, override: str, words: str):
        assert words in message(load, START, override)


class TestOfflineHub:
    def test_the_environment_derives_offline(self, load, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
        goal = load(START + "constraints: {offline: false}")
        assert goal.constraints.offline
        assert goal.origins["constraints.offline"] == "derived"

    @pytest.mark.parametrize("value", ["0", "", "false"])
    def test_a_hub_that_is_on_changes_nothing(self, load, monkeypatch, value: str):
        monkeypatch.setenv("HF_HUB_OFFLINE", value)
        assert load(START).origins["constraints.offline"] == "default"

    def test_what_the_file_says_stays_given(self, load, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
        assert (
            load(START + "constraints: {offline: true}").origins["constraints.offline"] == "given"
        )


class TestResolved:
    @pytest.mark.parametrize("text", [START, FULL])
    def test_the_resolved_goal_loads_to_the_same_goal(self, load, text: str):
        goal = load(text)
        again = load(resolved_yaml(goal))
        assert replace(again, origins={}) == replace(goal, origins={})

    def test_every_setting_shows_its_origin(self, load, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
        lines = resolved_yaml(load(START, "budget.hours=2")).splitlines()
        assert "data: [messages.csv]  # given" in lines
        assert "  hours: 2.0  # given" in lines
        assert "  usd: null  # default" in lines
        assert "  offline: true  # derived" in lines


def test_the_room_imports_nothing_heavy():
    heavy = "numpy torch sklearn scipy pyarrow matplotlib optuna transformers"
    code = f"import sys, sartor.goal; print([n for n in {heavy.split()} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_query_is_an_address_with_a_part(load):
    entry = "sqlite:///shop.db#SELECT a FROM b"
    for data in (
        "{sql: 'sqlite:///shop.db', query: SELECT a FROM b}",
        "[{sql: 'sqlite:///shop.db', query: SELECT a FROM b}]",
        "['sqlite:///shop.db#SELECT a FROM b']",
    ):
        assert load(f"task: classify\ndata: {data}\n").data == {"all": (entry,)}
    goal = load(
        f"task: classify\ndata: {{train: [{{sql: 'mysql://h/d', query: t}}], test: ['{entry}']}}\n"
    )
    assert goal.data == {"train": ("mysql://h/d#t",), "test": (entry,)}


def test_a_query_that_is_named_twice_is_found(load):
    both = "['sqlite:///a.db#t', {sql: 'sqlite:///a.db', query: t}]"
    assert "is named twice" in message(load, f"task: classify\ndata: {both}\n")


def test_the_goal_of_a_run_holds_no_password(load):
    goal = load(
        "task: classify\ndata: ['postgresql://u:hunter2@h/d#t', 'https://h/a.csv?token=hunter2']\n"
    )
    shown = resolved_yaml(goal)
    assert "hunter2" not in shown
    assert load(shown).data == {"all": ("postgresql://u:***@h/d#t", "https://h/a.csv?token=***")}
