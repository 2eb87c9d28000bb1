"""What licences allow: a table of cases, each with its verdicts and the sentence that explains them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sartor.base.card import read_licence, read_licences
from sartor.base.catalogue import read_catalogue, shipped_catalogue
from sartor.base.licences import judge, licence_named
from sartor.base.resolve import resolve
from sartor.base.terms import check_licence, judged
from sartor.core.errors import BaseModelError
from sartor.core.goal import Constraints
from sartor.core.licence import USES, LicenceFinding, Permission

A, D, R = Permission.ALLOWED, Permission.DUTIES, Permission.REFUSED
LICENCES = shipped_catalogue().licences

CASES: dict[str, tuple[tuple[str, ...], tuple[Permission, ...], str, tuple[str, ...]]] = {
    "Apache": (
        ("apache-2.0",),
        (A, A, A),
        "Apache License 2.0: allows every use, also for money, to whoever passes on its text",
        (),
    ),
    "MIT": (("mit",), (A, A, A), "MIT License: allows every use, also for money", ()),
    "public domain": (("cc0-1.0",), (A, A, A), "gives up the rights in it", ()),
    "Llama 2": (
        ("llama2",),
        (D, D, D),
        "Llama 2 Community License: allows use, also for money, by whoever does not have over 700 million",
        ("may not be used to improve other language models", "over 700,000,000 users a month"),
    ),
    "Llama 3": (
        ("llama3",),
        (D, D, D),
        "Meta Llama 3 Community License",
        ('"Built with Meta Llama 3"', "may not be used to improve other language models"),
    ),
    "Llama 3.1 and later": (
        ("llama3.2",),
        (D, D, D),
        "Llama 3.2 Community License",
        (
            'Show "Built with Llama"',
            'begins with "Llama"',
            "use policy",
            "over 700,000,000 users a month",
        ),
    ),
    "Gemma terms": (
        ("gemma",),
        (D, D, D),
        "Gemma Terms of Use: allows use, also for money, within its use policy",
        ("Prohibited Use Policy", "passes on the terms"),
    ),
    "OpenRAIL": (
        ("bigscience-openrail-m",),
        (D, D, D),
        "allows use, also for money, other than the harmful uses that it lists",
        ("a list of harmful uses is forbidden", "binds users to the same limits"),
    ),
    "CC-BY": (("cc-by-4.0",), (D, A, D), "to whoever names its makers", ("Name its makers",)),
    "CC-BY-SA": (
        ("cc-by-sa-4.0",),
        (D, A, D),
        "shares alike",
        ("under the same licence",),
    ),
    "CC-BY-NC": (
        ("cc-by-nc-4.0",),
        (R, R, D),
        "uses for commercial advantage are refused, and work inside a company is taken for one",
        ("Name its makers",),
    ),
    "GPL": (("gpl-3.0",), (D, A, A), "what is passed on stays free", ("same licence",)),
    "AGPL": (("agpl-3.0",), (D, A, A), "offered over a network", ("over a network",)),
    "Mistral research": (
        ("mrl",),
        (R, R, D),
        "Mistral AI Research License: only research is allowed",
        ("same licence only",),
    ),
    "Qwen research": (
        ("qwen-research",),
        (R, R, D),
        "only research and evaluation without commercial purpose are allowed",
        ("Built with Qwen",),
    ),
    "Qwen": (("qwen",), (D, D, D), "over 100 million", ("over 100,000,000 users a month",)),
    "Falcon": (("falcon-llm-license",), (D, D, D), "use policy, which may change", ("use policy",)),
    "DeepSeek": (("deepseek",), (D, D, D), "harmful uses", ("harmful uses",)),
    "NVIDIA open": (
        ("nvidia-open-model-license",),
        (D, D, D),
        "NVIDIA Open Model License: allows use, also for money",
        ("guardrails", "Licensed by NVIDIA Corporation"),
    ),
    "Stability community": (
        ("stabilityai-ai-community",),
        (D, D, D),
        "no more than a million US dollars a year",
        ("over 1,000,000 US dollars", "another foundation model"),
    ),
    "research only": (
        ("research-only",),
        (R, R, A),
        "only research that is not for commercial advantage is allowed",
        (),
    ),
    "unknown": ((), (R, R, R), "No known licence: nothing says here what it allows", ()),
    "a name that nobody knows": (
        ("hem-licence-7",),
        (R, R, R),
        "Licence `hem-licence-7`: nothing says here what it allows",
        (),
    ),
    "a free adapter on a Llama": (
        ("apache-2.0", "llama3.1"),
        (D, D, D),
        "It holds beside Apache License 2.0; the strictest one counts",
        ("Built with Llama",),
    ),
    "a research adapter on a free base": (
        ("mit", "cc-by-nc-4.0"),
        (R, R, D),
        "It holds beside MIT License; the strictest one counts",
        ("Name its makers",),
    ),
    "an adapter without licence on a free base": (
        ("mit", "nobody-knows"),
        (R, R, R),
        "Licence `nobody-knows`: nothing says here what it allows",
        (),
    ),
    "two licences with duties": (
        ("gemma", "llama3.2"),
        (D, D, D),
        "the strictest one counts",
        ("Prohibited Use Policy", "Built with Llama"),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_each_use_has_its_verdict_sentence_and_duties(case: str) -> None:
    names, verdicts, sentence, duties = CASES[case]
    found = [judge("hem/base", names, use, licences=LICENCES) for use in USES]
    assert tuple(one.verdict for one in found) == verdicts
    assert any(sentence in one.because for one in found)
    for one in found:
        assert one.because.endswith(".")
        assert one.is_open == (one.verdict is not R)
        assert bool(one.duties) == (one.verdict is D)
        if one.verdict is D:
            assert all(any(duty in said for said in one.duties) for duty in duties)


@pytest.mark.parametrize("licence", LICENCES.values(), ids=lambda licence: licence.id)
def test_the_terms_of_a_licence_are_whole(licence) -> None:
    """Sentences for what is allowed and for what is refused, duties where there are some, a link."""
    verdicts = {licence.verdict(use) for use in USES}
    assert licence.verdict("commercial") >= licence.verdict("research") or R in verdicts
    assert bool(licence.allows) == (verdicts != {R})
    assert bool(licence.refuses) == (R in verdicts)
    assert bool(licence.duties) or D not in verdicts
    assert licence.link or licence.id in ("research-only", "unknown")
    said = [licence.allows, licence.refuses, *licence.duties]
    assert all(sentence[0].isupper() and sentence.endswith(".") for sentence in said if sentence)
    assert [licence_named(name, LICENCES) for name in (licence.id, *licence.aliases)] == [
        licence
    ] * (1 + len(licence.aliases))


def test_the_order_of_names_changes_no_verdict() -> None:
    for use in USES:
        first = judge("x", ("mit", "gemma", "cc-by-nc-4.0"), use, licences=LICENCES)
        last = judge("x", ("cc-by-nc-4.0", "gemma", "mit"), use, licences=LICENCES)
        assert (first.verdict, first.because) == (last.verdict, last.because)


def test_what_the_goal_accepts_is_open_and_said_to_be_accepted() -> None:
    names, accepted = ("cc-by-nc-4.0",), ("hem/base",)
    found = judge("hem/base", names, "commercial", licences=LICENCES, accepted=accepted)
    assert (found.verdict, found.is_open, found.is_accepted) == (R, True, True)
    other = judge("hem/other", names, "commercial", licences=LICENCES, accepted=accepted)
    assert not other.is_open
    plain = judge("hem/base", ("mit",), "commercial", licences=LICENCES, accepted=accepted)
    assert not plain.is_accepted, "nothing had to be accepted"


CARDS = {
    "---\nlicense: mit\n---": ("MIT",),
    "---\nlicense: other\nlicense_name: qwen-research\nlicense_link: x\n---": ("qwen-research",),
    "---\nlicense: other\n---": (),
    "---\nlicense: [apache-2.0, cc-by-nc-4.0]\n---": ("Apache-2.0", "CC-BY-NC-4.0"),
    "---\nlicense:\n- llama3.2  # see below\n- 'gemma'\nlanguage: en\n---": ("llama3.2", "gemma"),
    "---\nlicense_name: house\n---": (),
    "---\ntags:\n- license: mit\n---": (),
    "license: mit": (),
}


@pytest.mark.parametrize("card", CARDS)
def test_licences_are_read_from_the_card(model, card: str) -> None:
    model.write("README.md", card)
    assert read_licences(model.folder) == CARDS[card]
    assert read_licence(model.folder) == next(iter(CARDS[card]), "unknown")


def test_a_name_that_its_maker_gave_is_kept_for_the_gate_but_is_no_licence_that_is_known(
    model,
) -> None:
    model.write("README.md", "---\nlicense: other\nlicense_name: house-terms\n---")
    assert read_licences(model.folder) == ("house-terms",)
    assert read_licence(model.folder) == "unknown"


@pytest.fixture
def found(model) -> Callable[..., LicenceFinding | None]:
    """What is found for a local folder with this card."""

    def find(card: str, use: str | None = "commercial", **more: tuple[str, ...]):
        model.write("README.md", card)
        base = resolve(str(model.folder), offline=True)
        constraints = Constraints(licence=use, **more)
        return judged(base, constraints, read_catalogue(model.folder.parent))

    return find


def test_the_licence_of_the_model_that_it_was_made_from_holds_besides(found) -> None:
    """A tuned Llama does not become free by what its card says."""
    one = found("---\nlicense: apache-2.0\nbase_model: meta-llama/Llama-3.2-1B\n---")
    assert one.licences == ("llama3.2", "Apache-2.0")
    assert one.verdict is D
    refused = found("---\nlicense: mit\nbase_model:\n- facebook/opt-1.3b\n---")
    assert refused.verdict is R
    with pytest.raises(BaseModelError, match="only non-commercial research is allowed"):
        check_licence(refused)
    distilled = found("---\nbase_model: deepseek-ai/DeepSeek-R1-Distill-Llama-8B\n---")
    assert set(distilled.licences) == {"llama3.1", "MIT"}


def test_an_origin_that_nobody_knows_is_named(found) -> None:
    one = found("---\nlicense: mit\nbase_model: hem/secret\n---")
    assert one.is_open
    assert "made from hem/secret, whose licence is not known here" in one.because


def test_the_users_own_file_says_which_licence_holds_and_the_finding_says_that_it_did(
    model, found
) -> None:
    own = model.folder.parent / "models.yaml"
    own.write_text(
        f"models:\n  {model.folder}: {{architecture: encoder, family: bert, licence: house}}\n"
        "licences:\n  house: {title: House terms, commercial: allowed, internal: allowed, "
        "research: allowed, allows: Agreed with its makers.}\n"
    )
    one = found("no card")
    assert (one.verdict, one.licences, one.stated_in) == (A, ("house",), (str(own),))


@pytest.mark.parametrize("use", USES)
def test_an_unknown_licence_is_refused_for_every_use_with_the_way_out(found, use: str) -> None:
    one = found("no card", use)
    with pytest.raises(BaseModelError) as refusal:
        check_licence(one)
    assert f"does not allow {use} use" in refusal.value.problem
    assert f"accept_licence: [{one.base}]" in refusal.value.fix
    check_licence(found("no card", use, accept_licence=(one.base,)))


def test_without_a_stated_use_nothing_is_judged(found) -> None:
    assert found("no card", None) is None
    check_licence(None)


def test_the_hub_id_tells_the_licence_where_the_card_does_not(
    make_model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cards of some models say `other` and no more."""
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    repository = tmp_path / "hub" / "models--google-bert--bert-base-uncased"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("abc")
    model = make_model(repository / "snapshots" / "abc")
    model.write("README.md", "---\nlicense: other\n---")
    base = resolve("google-bert/bert-base-uncased", offline=True)
    assert base.licence == "Apache-2.0"
    model.write("README.md", "---\nlicense: cc-by-nc-4.0\n---")
    base = resolve("google-bert/bert-base-uncased", offline=True)
    one = judged(base, Constraints(licence="commercial"), shipped_catalogue())
    assert one.verdict is R, "where card and catalogue disagree the stricter counts"
    assert set(one.licences) == {"CC-BY-NC-4.0", "Apache-2.0"}
