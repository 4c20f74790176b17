"""The model that ships, on the demo recordings: what the runtimes of FunASR and sherpa-onnx say, asrkit says."""

import base64
import json

import numpy as np
import pytest
from rapidfuzz.distance import Levenshtein

from asrkit.acoustic import greedy, listening
from asrkit.acoustic.folder import SHIPPED
from asrkit.acoustic.model import AcousticModel
from asrkit.audio.read import read
from asrkit.decode.inputs import utterances
from asrkit.units.special import is_special
from benchmarks.peers import sherpa
from tests.acoustic.make_facts import DEMO, FACTS_OF_SHIPPED, sha256_of_shipped

# The same processor and onnxruntime give the same bits. Others round the float32 parts differently, of which the int8
# parts make other scores, so that a few of the best units change.
_OF_ANOTHER_RUNTIME = 0.05


@pytest.fixture(scope="module")
def facts():
    return json.loads(FACTS_OF_SHIPPED.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    exported = sherpa.export(SHIPPED, tmp_path_factory.mktemp("sherpa"))
    return {"funasr_onnx": AcousticModel.open(SHIPPED), "sherpa_onnx": AcousticModel.open(exported)}


@pytest.fixture(scope="module")
def heard(models):
    return {name: list(listening.hear(model, utterances([str(DEMO)]))) for name, model in models.items()}


def test_the_facts_are_of_the_model_that_ships(facts):
    assert facts["model"] == sha256_of_shipped(), "run python -m tests.acoustic.make_facts anew"


def test_features_are_those_of_funasr_onnx(models, facts):
    model = models["funasr_onnx"]
    for utterance in utterances([str(DEMO)]):
        theirs = facts["funasr_onnx"][utterance.utt]
        features = model.features(read(utterance.source, model.rate))
        rows = np.frombuffer(base64.b64decode(theirs["features"]), "<f4").reshape(-1, features.shape[1])
        assert len(features) == theirs["steps"]
        np.testing.assert_allclose(features[theirs["rows"]], rows, atol=1e-4, rtol=0)


@pytest.mark.parametrize("peer", ["funasr_onnx", "sherpa_onnx"])
def test_greedy_units_are_those_of_the_peers(models, heard, facts, peer):
    differing = count = 0
    for one in heard[peer]:
        theirs = [unit for unit in facts[peer][one.utt]["tokens"] if not is_special(unit)]
        units, _ = greedy.best_steps(one.emission.log_probs, models[peer])
        differing += Levenshtein.distance(units, theirs)
        count += len(theirs)
    assert len(heard[peer]) == len(facts[peer]) and differing <= _OF_ANOTHER_RUNTIME * count


def test_times_are_those_of_funasr_onnx(heard, facts):
    compared = 0
    for one in heard["funasr_onnx"]:
        theirs = facts["funasr_onnx"][one.utt]
        if not theirs["times"] or len(theirs["times"]) != len(one.emission.starts):  # its assertion failed
            continue
        starts = 1000 * one.emission.starts
        compared += int(np.sum(np.abs(starts - np.array(theirs["times"])[:, 0]) < 40))  # one step is 20 ms
    assert compared > 0.9 * sum(len(one.emission.starts) for one in heard["funasr_onnx"])
