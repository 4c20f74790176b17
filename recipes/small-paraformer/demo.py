"""Write the demo recordings that ship with asrkit: `python demo.py OUT` with espeak-ng, at pitches that people have.

Sentences and espeak-ng voices are none that training used. `OUT/wav.scp`, `text` and `hotwords.txt` describe them.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import soundfile
from features import SAMPLE_RATE
from synthesise_espeak import HELD_OUT_VOICES, speak
from units import syllables_of

_PITCH_RANGE = 200  # percent: about as much as people's voices move
# (sentence, the name in it that a general language model gets wrong)
SENTENCES = (
    ("我想买一份阳光保险", "阳光保险"),
    ("阳光保定的天气怎么样", "保定"),
    ("请帮我联系保险公司的陈晓峰", "陈晓峰"),
    ("明天上午和林婉清开会", "林婉清"),
    ("导航到宁波市鄞州区", "鄞州区"),
    ("赵梓涵在哪个部门工作", "赵梓涵"),
    ("今天去亳州出差", "亳州"),
    ("医生开了阿莫西林", "阿莫西林"),
    ("病人对头孢克洛过敏", "头孢克洛"),
    ("打电话给欧阳雨桐", "欧阳雨桐"),
    ("我们在歙县住了两天", "歙县"),
    ("把文件发给司徒浩然", "司徒浩然"),
    ("播放邓紫棋的歌", "邓紫棋"),
    ("泸州的酒很有名", "泸州"),
    ("订一张去黔西南的票", "黔西南"),
    ("龚雪梅老师今天请假", "龚雪梅"),
    ("苏晓彤的快递到了", "苏晓彤"),
    ("查询盱眙的龙虾价格", "盱眙"),
    ("提醒我给佟丽娅回信", "佟丽娅"),
    ("这批货送到漯河仓库", "漯河"),
    ("请问布洛芬怎么吃", "布洛芬"),
    ("夏侯明远是新来的经理", "夏侯明远"),
    ("从濮阳到安阳有多远", "濮阳"),
    ("会议由诸葛文静主持", "诸葛文静"),
)


def main(out: str) -> None:
    """Synthesise every sentence with a voice that training never heard."""
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(24)
    scp, text = [], []
    for number, (sentence, _) in enumerate(SENTENCES, 1):
        voice = HELD_OUT_VOICES[number % len(HELD_OUT_VOICES)]
        speed, pitch = int(rng.integers(130, 190)), int(rng.integers(70, 96))
        samples = speak(syllables_of(sentence) or [], voice, speed, pitch, _PITCH_RANGE)
        if samples is None:
            raise SystemExit(f"espeak-ng failed on {sentence} with voice {voice}")
        utt = f"demo-{number:02d}"
        soundfile.write(folder / f"{utt}.flac", samples / np.abs(samples).max() * 0.6, SAMPLE_RATE, subtype="PCM_16")
        scp.append(f"{utt} {utt}.flac")
        text.append(f"{utt} {sentence}")
    (folder / "wav.scp").write_text("\n".join(scp) + "\n", encoding="utf-8")
    (folder / "text").write_text("\n".join(text) + "\n", encoding="utf-8")
    names = "\n".join(name for _, name in SENTENCES)
    (folder / "hotwords.txt").write_text(f"# the names in these recordings\n{names}\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
