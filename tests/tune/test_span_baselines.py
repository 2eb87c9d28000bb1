"""The gazetteer and the conditional random field: what they learn, and what they must not know."""

from __future__ import annotations

import numpy as np
import pycrfsuite
from extract_rows import (
    LABELS,
    answers_of,
    as_rows,
    extract_facts,
    extract_job,
    span_rows,
    surfaces,
)

from sartor.core.tagging import num_tags, spans_of, tags_of, words_of
from sartor.tune.crf import Crf
from sartor.tune.crf_features import word_features
from sartor.tune.gazetteer import Gazetteer
from sartor.tune.surfaces import SurfaceCounts


def test_the_gazetteer_marks_the_longest_known_wording_in_any_case():
    rows = as_rows(["New Delhi or Delhi"], [((0, 9, "place"), (13, 18, "name"))])
    text = "we love NEW delhi and Delhi"
    [spans] = answers_of(Gazetteer(), rows, [text])
    assert surfaces(text, spans) == [("NEW delhi", "place"), ("Delhi", "name")]
    [spans] = answers_of(Gazetteer(), rows, [text], letter_case="as marked")
    assert surfaces(text, spans) == [("Delhi", "name")]


def test_of_two_labels_the_more_frequent_one_is_given():
    rows = as_rows(
        ["Ann", "Ann", "Ann"], [((0, 3, "name"),), ((0, 3, "place"),), ((0, 3, "name"),)]
    )
    assert answers_of(Gazetteer(), rows, ["Ann"]) == [((0, 3, "name"),)]


def test_a_wording_that_is_mostly_no_span_is_left_off_the_list():
    rows = as_rows(["May I", "may I", "may we", "May left"], [(), (), (), ((0, 3, "name"),)])
    assert answers_of(Gazetteer(), rows, ["May came"]) == [()]
    assert answers_of(Gazetteer(), rows, ["May came"], least_share=0.0) == [((0, 3, "name"),)]


def test_a_row_does_not_know_its_own_wordings_while_it_is_learned():
    rows = as_rows(
        ["Ann left", "Ann came", "Dov left"],
        [((0, 3, "name"),), ((0, 3, "name"),), ((0, 3, "name"),)],
    )
    counts = SurfaceCounts(rows, is_cased=False)
    seen = [len(counts.found_without(i, t, words_of(t))) for i, t in enumerate(rows.texts)]
    assert seen == [1, 1, 0], "Dov is known from its own row alone"


def test_what_is_scored_leaves_no_trace_in_what_was_learned():
    for method in (Gazetteer(), Crf()):
        fit = method.begin(extract_job(method, span_rows()), None)
        fit.advance(0)
        before = fit.fitted()
        fit.answers(["Zoltan lives in Quito"])
        after = fit.fitted()
        assert before.facts == after.facts
        assert "zoltan" not in str(after.facts).lower()
        for name, array in before.arrays.items():
            np.testing.assert_array_equal(array, after.arrays[name])


def test_the_field_learns_names_that_it_has_not_seen():
    text = "Zoltan lives in Quito now ."
    [spans] = answers_of(Crf(), span_rows(), [text], listed="unused", c1=0.01)
    assert surfaces(text, spans) == [("Zoltan", "name"), ("Quito", "place")]


def test_texts_without_spans_and_without_words():
    found = answers_of(Crf(), span_rows(), ["Nothing to see here", "", "  "])
    assert found == [(), (), ()]
    fit = Crf().begin(extract_job(Crf(), span_rows()), None)
    fit.advance(0)
    logits_N1 = fit.answers(["Nothing to see here", ""]).logits_NC
    assert np.isfinite(logits_N1[0]).all()
    assert logits_N1[0] < 0
    assert np.isnan(logits_N1[1])


def test_a_label_that_no_row_holds_is_never_given():
    about = extract_facts(labels=(*LABELS, "unheard of"))
    rows = span_rows()
    for method in (Crf(), Gazetteer()):
        found = answers_of(method, rows, list(rows.texts), facts=about)
        assert {label for spans in found for _, _, label in spans} == set(LABELS)


def test_rows_without_any_span_teach_that_there_is_none():
    rows = as_rows(["a b", "c d"], [(), ()])
    for method in (Crf(), Gazetteer()):
        assert answers_of(method, rows, ["a d"]) == [()]


def test_our_decoding_gives_what_crfsuite_itself_says(tmp_path):
    rows = span_rows(24)
    num = num_tags(LABELS)
    trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
    trainer.set_params({"c1": 0.01, "c2": 0.03, "max_iterations": 100})
    for text, spans in zip(rows.texts, rows.targets, strict=True):
        words = words_of(text)
        tags = [str(tag) for tag in tags_of(words, spans, LABELS)]
        trainer.append(word_features(text, words, []), tags)
    trainer.train(str(tmp_path / "model"))
    texts = ["Gus lives in Rome", "The shop in New Rome is closed", "Ann", "send it to Fay in Oslo"]
    asked = [*texts, *rows.texts]
    ours = answers_of(Crf(), rows, asked, c1=0.01, c2=0.03, listed="unused")
    with pycrfsuite.Tagger().open(str(tmp_path / "model")) as tagger:
        for text, spans in zip(asked, ours, strict=True):
            words = words_of(text)
            tags = tagger.tag(word_features(text, words, []))
            assert spans == spans_of(words, list(map(int, tags)), LABELS)
    assert num == 5


def test_signs_that_files_use_themselves_do_no_harm():
    rows = as_rows(["a --> b : 1.0 (x)", '"\\ #'] * 3, [((0, 1, "name"),), ((0, 1, "name"),)] * 3)
    assert len(answers_of(Crf(), rows, list(rows.texts))) == 6
