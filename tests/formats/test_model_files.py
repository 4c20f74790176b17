"""am.mvn and config.yaml of FunASR's model folders."""

import numpy as np
import pytest

from asrkit.errors import AsrkitError
from asrkit.formats import am_mvn, funasr_config
from tests.mutants import survives

MVN = b"""<Nnet>
<Splice> 3 3
[ 0 ]
<AddShift> 3 3
<LearnRateCoef> 0 [ -8.5 -9.25 1e1 ]
<Rescale> 3 3
<LearnRateCoef> 0 [ 0.25 0.5 0.125 ]
</Nnet>
"""
CONFIG = b"""model: BiCifParaformer
lang: zh
model_conf:
    ctc_weight: 0.0
    predictor_bias: 1
frontend: WavFrontend
frontend_conf:
    fs: 16000
    window: hamming
    n_mels: 80
    lfr_m: 7
    lfr_n: 6
tags: [a, b, {c: d}]
"""


def test_the_two_vectors_are_read(tmp_path):
    (tmp_path / "am.mvn").write_bytes(MVN)
    cmvn = am_mvn.parse(tmp_path / "am.mvn")
    np.testing.assert_array_equal(cmvn.shift, [-8.5, -9.25, 10])
    np.testing.assert_array_equal(cmvn.scale, [0.25, 0.5, 0.125])


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (b"<Rescale>", b"<Other>", "no layer <Rescale>"),
        (b"1e1", b"ten", "am.mvn:5: not every value"),
        (b"1e1", b"nan", "am.mvn:5: a value"),
        (b" 1e1", b"", "2 numbers are added, but 3"),
        (b"[ -8.5", b"-8.5", "am.mvn:5: .*between brackets"),
    ],
)
def test_vectors_that_cannot_be_used_are_told_with_their_line(tmp_path, old, new, told):
    (tmp_path / "am.mvn").write_bytes(MVN.replace(old, new))
    with pytest.raises(AsrkitError, match=told):
        am_mvn.parse(tmp_path / "am.mvn")


def test_what_matters_of_the_config_is_read(tmp_path):
    (tmp_path / "config.yaml").write_bytes(CONFIG)
    config = funasr_config.parse(tmp_path / "config.yaml")
    assert (config.model, config.lang, config.predictor_bias) == ("BiCifParaformer", "zh", 1)
    assert config.frontend == funasr_config.FrontendOptions(stack=7, stride=6)
    assert config.frontend.dimensions == 560 and config.frontend.seconds == pytest.approx(0.06)


def test_a_config_without_predictor_bias_has_none(tmp_path):
    (tmp_path / "config.yaml").write_bytes(CONFIG.replace(b"    predictor_bias: 1\n", b""))
    assert funasr_config.parse(tmp_path / "config.yaml").predictor_bias == 0


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (b"frontend_conf", b"other", "no section frontend_conf"),
        (b"fs: 16000", b"fs: fast", "fs is 'fast', not a number"),
        (b"window: hamming", b"window: round", "no window function 'round'"),
        (b"n_mels: 80", b"n_mels: -1", "n_mels is '-1'"),
        (b"tags: [", b"tags: [[", "not YAML"),
        (b"model: BiCifParaformer", b"model: [1]", "model is .* not a name"),
    ],
)
def test_a_config_that_cannot_be_used_is_told(tmp_path, old, new, told):
    (tmp_path / "config.yaml").write_bytes(CONFIG.replace(old, new))
    with pytest.raises(AsrkitError, match=told):
        funasr_config.parse(tmp_path / "config.yaml")


def test_damaged_files_are_survived(tmp_path):
    survives(am_mvn.parse, MVN, tmp_path / "am.mvn", count=1000)
    survives(funasr_config.parse, CONFIG, tmp_path / "config.yaml", count=1000)
