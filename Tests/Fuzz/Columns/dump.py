"""Reads the INSERT statements of a dump, as sqlite3 and pg_dump write them."""

import re

TOKEN = re.compile(
    rb"""\s+|--[^\n]*\n|(?P<string>[xX]?'(?:[^']|'')*')|(?P<name>"(?:[^"]|"")*")|(?P<word>[^\s'"();,]+)|(?P<mark>[();,])""")
REPLACED = {b"char(10)": b"\n", b"char(13)": b"\r"}


def tokens(dump):
    """(kind, text) of everything but blanks and comments."""
    place = 0
    while place < len(dump):
        match = TOKEN.match(dump, place)
        if not match:
            raise ValueError(f"the dump cannot be read: {dump[place:place + 80]!r}")
        place = match.end()
        if match.lastgroup:
            yield match.lastgroup, match[0]


def inserts(dump):
    """(names of the table, names of the columns or None, values) of every row."""
    statement = []
    for kind, text in tokens(dump):
        if (kind, text) != ("mark", b";"):
            statement.append((kind, text))
            continue
        if [text.upper() for _, text in statement[:2]] == [b"INSERT", b"INTO"]:
            yield insert(statement[2:])
        statement = []


def insert(statement):
    names, columns = [], None
    while statement[0][0] in ("name", "word") and statement[0][1].upper() != b"VALUES":
        kind, text = statement.pop(0)
        names += named(kind, text)
    if statement[0][1] == b"(":
        end = statement.index(("mark", b")"))
        columns = [unquoted(*token) for token in statement[1:end] if token[1] != b","]
        statement = statement[end + 1:]
    values, rest = [], statement[2:]
    while rest:
        value, rest = expression(rest)
        values.append(value)
        if rest[0][1] == b")":
            break
        rest = rest[1:]
    return names, columns, values


def named(kind, text):
    """`public."T"` comes in three parts: a word with a dot at its end, and a name."""
    if kind == "word":
        return [part.decode() for part in text.split(b".") if part]
    return [unquoted(kind, text)]


def unquoted(kind, text):
    return text[1:-1].replace(b'""', b'"').decode() if kind == "name" else text.decode()


def expression(statement):
    """A value, and what follows it: text or bytes as ("text", …) or ("blob", …), and anything else as it is."""
    kind, text = statement[0]
    if kind == "string":
        if text[:1] in b"xX":
            return ("blob", bytes.fromhex(text[2:-1].decode())), statement[1:]
        return ("text", text[1:-1].replace(b"''", b"'")), statement[1:]
    if text in (b"replace", b"unistr"):
        # replace(expression,'a mark',char(10))
        (_, inner), rest = expression(statement[2:])
        (_, mark), rest = expression(rest[1:])
        number = rest[1][1] + b"".join(token[1] for token in rest[2:5])
        return ("text", inner.replace(mark, REPLACED[number])), rest[6:]
    return ("other", text), statement[1:]
