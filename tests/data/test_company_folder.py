"""A company's folder becomes the datasets of a chat and of a classification, by `init` and `data` alone."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from company_folder import NUM_TICKETS, plain, write_company
from mail_writing import SUPPORT

from sartor import flow
from sartor.goal import load_goal
from sartor.tune.registry import METHODS
from small_runs import Silent


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hem") / "company"
    return folder, write_company(folder)


def _set_up(company, task, *, skip_bad=False):
    folder, _ = company
    workspace = folder.parent / task
    done = flow.init(workspace, task=task, files=[str(folder)], agents=[SUPPORT[1]])
    goal = load_goal(workspace / "sartor.yaml", overrides=(), methods=METHODS.names())
    as_written = ("prepare.personal_data=keep",)
    dataset = flow.gather(workspace, settings=as_written, skip_bad=skip_bad, progress=Silent())
    return done, goal, dataset


@pytest.fixture(scope="module")
def chat(company):
    return _set_up(company, "chat")


def test_to_chat_mail_and_tickets_are_rows_and_the_rest_is_beside_them(chat):
    done, goal, dataset = chat
    assert goal.data == {
        "all": ("../company/helpdesk/tickets.json", "../company/mail/support.mbox")
    }
    assert goal.documents == (
        *("../company/faq.docx", "../company/faq.pdf", "../company/website/faq.html"),
    )
    assert goal.guidelines == "../company/guidelines.md"
    assert any("orders.db#TABLE" in note for note in done.notes)
    assert len(dataset.passages) > 30
    assert dataset.guidelines is not None
    assert len(dataset.guidelines.rules) > 10
    counted = {count.what: count.num_rows for count in dataset.card.counts}
    assert counted["automatic replies"] == counted["newsletters and lists"] == 1
    assert counted["internal notes"] == NUM_TICKETS


def test_every_pair_comes_with_its_place_and_is_what_people_wrote(company, chat):
    _, exchanges = company
    _, _, dataset = chat
    keys = {(exchange.place, exchange.key()) for exchange in exchanges}
    found: Counter[tuple[str, bool]] = Counter()
    for text, targets, source in zip(
        dataset.train.texts, dataset.train.targets, dataset.train.sources, strict=True
    ):
        place = source.rsplit(":", 1)[0].removeprefix("../company/")
        turns = [one["content"] for one in json.loads(text)]
        pairs = [tuple(map(plain, [*turns, answer])) for answer in targets]
        is_right = any(
            where == place and key[: len(pair)] == pair for where, key in keys for pair in pairs
        )
        found[place, is_right] += 1
    for place in ("mail/support.mbox", "helpdesk/tickets.json"):
        assert found[place, True] > 50
        assert found[place, False] <= 0.05 * found[place, True], (place, found)


def test_to_classify_only_what_has_labels_is_learned_from(company):
    done, goal, dataset = _set_up(company, "classify", skip_bad=True)
    assert goal.data == {"all": ("../company/helpdesk/tickets.json",)}
    assert goal.columns.input is None or goal.columns.input == "text"
    assert set(dataset.labels) <= {exchange.intent for exchange in company[1]}
    assert any("support.mbox" in note and "labels" in note for note in done.notes)
