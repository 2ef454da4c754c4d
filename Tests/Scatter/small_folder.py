"""Small folders with places that are refused, damaged, or odd and still to be rewritten."""

import os
from pathlib import Path

import small
from small import Case


class Store:
    def __init__(self, folder):
        self.path = Path(folder) / "documents"
        self.location = f"directory:{self.path}"

    def make(self, hand, case):
        (self.path / "Sound").mkdir(parents=True)
        for number in range(small.SOUND):
            (self.path / f"Sound/Sound-{number}.json").write_text(hand.json())
        case.make(self.path, hand)

    def dump(self):
        """The contents of all documents and other files, one after the other."""
        paths = sorted(path for path in self.path.rglob("*") if path.is_file() and not path.is_symlink())
        return b"\n".join(b"%s\n%s" % (os.fsencode(path), path.read_bytes()) for path in paths)


def written(name, content):
    def make(path, hand):
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content(hand))
    return make


def linked(name, target, content=None):
    """A link, and what it leads to, which is outside of the store."""
    def make(path, hand):
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).symlink_to(target)
        if content:
            content(path.parent, hand)
    return make


def refusals():
    yield Case("a document that is a link", linked(
        "Sound/Linked.json", "../../elsewhere.json", written("elsewhere.json", lambda h: h.json().encode())),
        (("Sound/Linked.json", None, "notRead"),))
    yield Case("a folder that is a link", linked(
        "Linked", "../elsewhere", written("elsewhere/One.json", lambda h: h.json().encode())),
        (("Linked", None, "notRead"),))
    yield Case("a link that leads nowhere", linked("Sound/Lost.json", "nowhere.json"),
               (("Sound/Lost.json", None, "notRead"),))
    yield Case("a link that leads nowhere, deep down", linked("a/b/c/Lost", "/nowhere/at all"),
               (("a/b/c/Lost", None, "notRead"),))
    yield small.damaged("strings of JSON", lambda path, hand, strings: [
        written(f"Deep/{name}/One.json", lambda h, s=string: b'{"V":"' + s(h).encode() + b'"}')(path, hand)
        for name, string in strings], lambda name: (f"Deep/{name}", "JSON"))
    yield Case("a folder that is named like a document", written(
        "Suspicious.json/One.json", lambda h: h.json().encode()), (("Suspicious.json",),), stops=True)
    for title, content, reason in (
            ("a bare value", lambda h: h.pipe().encode(), "malformedJSON"),
            ("a document that ends too early", lambda h: h.json()[:-1].encode(), "malformedJSON"),
            ("UTF-16 that ends too early", lambda h: h.json()[:-1].encode("utf-16"), "malformedJSON"),
            ("half a unit of UTF-16", lambda h: h.json().encode("utf-16-le") + b"x", "invalidUTF8"),
            ("UTF-8 that is none", lambda h: b'{"A":"\xff","V":"' + h.pipe().encode() + b'"}', "invalidUTF8")):
        yield Case(title, written("Suspicious/One.json", content), (("Suspicious", "JSON", reason),))


def odd_ones():
    """What is odd, and rewritten all the same."""
    yield Case("names of all kinds", lambda path, h: [
        written(f"Odd/{name}", lambda h: h.json().encode())(path, h)
        for name in ("a b.json", "ä🔑.json", "a\u0308.json", "new\nline.json", "'\"$(x).json", ".json", "..json",
                     "octokey.lock.json", ".hidden.json", "x.json.json", "-.json", "%s.json")])
    yield Case("more documents than fit a page", lambda path, h: [
        written(f"Many/{number}.json", lambda h: h.json().encode())(path, h) for number in range(150)])
    yield Case("empty documents, and files that are none", lambda path, h: [
        written(name, lambda h: b"")(path, h) for name in ("Sound/empty.json", "notes.txt", "x/y/z/json")])
    yield Case("a document of 5 MB", written(
        "Large/One.json", lambda h: ('{"A":"' + "ä|" * 2_500_000 + '","V":"' + h.pipe() + '"}').encode()))
    yield Case("ten folders deep", written("a/b/c/d/e/f/g/h/i/j/One.json", lambda h: h.json().encode()))


def account(octokey, folder, seed):
    """What is not looked at is in the account."""
    store = Store(folder)
    hand = small.Hand(seed, small.values.Key(bytes(range(16))))
    others = ("notes.txt", "Sound/x.json.bak", "a/.hidden/data.bin", "Sound/json")
    store.make(hand, Case("", lambda path, h: [written(name, lambda h: b"x")(path, h) for name in others]))
    node = small.Node(octokey, folder, store.location, hand.key, small.values.Key(bytes(32)))
    return small.account_faults(node, [(name, None, "noDocument", None, None) for name in others])
