"""Files that no text format can take, and the check that each one ends in a sentence with the place and the cure."""

import gzip
import os
from contextlib import contextmanager

import pytest

from asrkit.errors import AsrkitError

# name -> (content made from a good file, part of the sentence that tells it)
BROKEN = {
    "nul": (lambda good: good[:-1] + b"\0\n", "a NUL byte"),
    "latin-1": (lambda good: good[:-1] + b"\xe9\n", "is not UTF-8"),
    "utf-16": (lambda good: good.decode().encode("utf-16"), "UTF-16"),
    "cut gzip": (lambda good: gzip.compress(good)[:-9], "damaged or cut short"),
    "lone carriage return": (lambda good: b"a\rb " + good, "carriage return"),
}
# name -> content that means the same as the good file
HARMLESS = {
    "byte order mark": lambda good: b"\xef\xbb\xbf" + good,
    "crlf": lambda good: good.replace(b"\n", b"\r\n"),
    "gzip named .txt": gzip.compress,
    "no final newline": lambda good: good.removesuffix(b"\n"),
}


def check_broken(read, good, path):
    """Check that `read(path)` refuses each of BROKEN, a folder, a missing file, one without permission, a long line."""
    for make, sentence in BROKEN.values():
        path.write_bytes(make(good))
        told(read, path, sentence)
    path.write_bytes(b"")
    with open(path, "r+b") as stream:  # 100 MB of one line, none of which is on the disk
        stream.truncate(100_000_000)
    told(read, path, " bytes")
    path.unlink()
    told(read, path, "no such file or folder; check the path")
    path.mkdir()
    told(read, path, "this is a folder, a file is needed")
    path.rmdir()
    path.write_bytes(good)
    with denied(path):
        told(read, path, "permission denied; check the owner and mode")


def check_harmless(read, good, path):
    """Check that `read(path)` gives the same for each of HARMLESS."""
    path.write_bytes(good)
    expected = read(path)
    for make in HARMLESS.values():
        path.write_bytes(make(good))
        assert read(path) == expected


def told(read, path, sentence):
    """Check that `read(path)` raises one sentence that names the file and holds `sentence`; return it."""
    with pytest.raises(AsrkitError) as raised:
        read(path)
    message = str(raised.value)
    assert sentence in message and path.name in message and "\n" not in message, message
    return message


@contextmanager
def denied(path):
    """Make opening `path` fail as for a user without permission (tests may run as root, whom no mode stops)."""
    import builtins

    real = builtins.open

    def refuse(name, *args, **kwargs):
        if not isinstance(name, int) and os.fspath(name) == os.fspath(path):
            raise PermissionError(13, "Permission denied", os.fspath(name))
        return real(name, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(builtins, "open", refuse)
        yield


def written(path, text):
    """Write `text` to `path` as UTF-8, and return the path."""
    path.touch()
    with path.open("r+b") as stream:  # not truncated before: ext4 would flush the disk
        stream.write(text.encode())
        stream.truncate()
    return path


def put(path, lines):
    """Write what a `serialize` yields to `path`, as `store.write_lines` does but without waiting for the disk."""
    return written(path, "".join(f"{line}\n" for line in lines))


_BRACKETS = ("[x]", "]", "#", "#0", "<eps>", "<", ">", "{", "\\", '"', "'", "//", "%", "&amp;", "~", "@@", "▁a")
_UNSEEN = ("\u3000", "阳光\u3000", "\u2028", "\u0085", "\u200b", "\ufeffa", "\v", "\f", "\x1b")
ODD_WORDS = (*_BRACKETS, *_UNSEEN, "ＡＢＣ", "é", "e\u0301", "😀", "0", "1.5", "null")
_PLANES = ((0x21, 0x7F), (0x4E00, 0x9FFF), (0xA1, 0x24F), (0xFF01, 0xFF60), (0x1F300, 0x1F600), (0x2000, 0x206F))


def odd_word(rng, without=""):
    """Return a random word: an odd one, or random characters of several planes, none of which `without` holds."""
    while True:
        if rng.random() < 0.3:
            word = ODD_WORDS[int(rng.integers(len(ODD_WORDS)))]
        else:
            picks = [_PLANES[int(i)] for i in rng.integers(0, len(_PLANES), rng.integers(1, 6))]
            word = "".join(chr(int(rng.integers(*pick))) for pick in picks)
        if not any(c in without for c in word) and not word.startswith("\ufeff"):
            return word
