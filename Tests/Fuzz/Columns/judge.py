"""Compares what verify says of a database with what is in a dump of it."""

import collections
from dataclasses import dataclass

import shapes
from shapes import BLOCK

# The reasons for a single value, and for a text as a whole.
SINGLE = {"decryptsWithNoKey", "decryptsToGarbage", "ambiguous"}
WHOLE = {"malformedJSON", "invalidUTF8", "damagedGzip", "tooLarge"}
# As many different ciphertexts in a column of bytes that all open are no chance, see design.md.
PROOF = 4


@dataclass
class Cell:
    """A filled cell of a dump."""

    # As verify names the table.
    collection: str
    column: str
    content: str | bytes
    # Whether text in it lost something on its way into the dump.
    is_dirty: bool = False
    # Whether it is of a type that octokey does not read, but has to name: xml, arrays and so on.
    is_unfit: bool = False


@dataclass
class Count:
    """What verify must, and may, have opened of a table."""

    least: int = 0
    most: int = 0


class Judge:
    """The faults of one report; `quotations` are those that the key opens."""

    def __init__(self, key, cells, report):
        self.key, self.report = key, report
        self.faults = []
        self.quotations = 0
        self.named = collections.Counter()
        for finding in report["findings"]:
            self.named[finding["collection"], finding["field"], finding["reason"]] += 1
        self.byte_places = {line["place"] for line in report["binaryPlaces"]}
        self.has_values = False
        tables = collections.defaultdict(lambda: collections.defaultdict(list))
        for cell in cells:
            tables[cell.collection][cell.column].append(cell)
        opened = {line["name"]: line["decrypted"] for line in report["collections"]}
        for name, columns in tables.items():
            count = Count()
            for column, filled in columns.items():
                self.judge_column(name, column, filled, count)
            found = opened.get(name, 0)
            if not count.least <= found <= count.most:
                self.faults.append(
                    f"{'too few' if found < count.least else 'too many'} opened: in {name!r} {found}, and there are "
                    f"{count.least} to {count.most}")

    def judge_column(self, name, column, cells, count):
        is_document = column.lower() in shapes.DOCUMENTS
        # Named as a whole: nothing in it is passed over.
        is_named = self.named[name, column, "notRead"] or self.named[name, "", "notRead"]
        single = whole = 0
        raw = []
        for cell in cells:
            if isinstance(cell.content, str):
                found = shapes.of_text(cell.content, is_document)
            else:
                found = shapes.of_bytes(cell.content, is_document)
            if cell.is_unfit:
                self.require_named(is_named, found, name, column)
                continue
            if isinstance(cell.content, str) and "\0" in cell.content:
                # Bytes of UTF-16 that somebody called a text: octokey may read them as such.
                as_bytes = cell.content.encode("utf-8", "surrogateescape")
                count.most += len(shapes.of_bytes(as_bytes, is_document).values)
            self.has_values = self.has_values or bool(found.values)
            if not is_named:
                self.quotations += sum(self.opens(*pair) == "text" for pair in found.quotations)
            if not found.is_text and cell.content and not is_document:
                raw.append(cell.content)
            kinds = collections.Counter(self.opens(*pair) for pair in found.values)
            if is_named:
                continue
            count.most += len(found.values) + (found.distrusted if cell.is_dirty else 0)
            if cell.is_dirty:
                continue
            count.least += kinds["text"]
            single += kinds[None]
            if not self.byte_places:
                single += kinds["bytes"]
                count.most -= kinds["bytes"]
            count.most -= kinds[None]
            whole += found.distrusted > 0
        for number, reasons in ((single, SINGLE), (whole, WHOLE)):
            found = sum(self.named[name, column, reason] for reason in reasons)
            if found < number:
                self.faults.append(
                    f"not named: {number} in {name!r}.{column!r} do not open or are distrusted, and {found} are named "
                    f"({', '.join(sorted(reasons))})")
        if raw and not is_named:
            self.judge_bytes(name, column, raw, count)

    def require_named(self, is_named, found, name, column):
        if found.values or found.quotations:
            self.has_values = True
            if not is_named:
                self.faults.append(f"not named: {name!r}.{column!r} is of a type that octokey does not read")

    def judge_bytes(self, name, column, contents, count):
        """Bytes have no shape; what shows that they are ciphertexts is that they open."""
        # What is too short to be one is not looked at everywhere.
        long = [content for content in contents if len(content) >= 2 * BLOCK]
        readings = []
        for place in (slice(0, BLOCK), slice(-BLOCK, None)):
            fits, texts = [], set()
            for content in long:
                if len(content) % BLOCK == 0:
                    rest = content[BLOCK:] if place.start == 0 else content[:-BLOCK]
                    kind = self.opens(content[place], rest)
                    fits += [content] if kind else []
                    texts |= {content} if kind == "text" else set()
            readings.append((fits, texts))
        count.most += max(len(fits) for fits, _ in readings)
        is_undecided = self.named[name, column, "undecidedBinary"]
        for fits, texts in readings:
            if len(fits) == len(long) and len(set(fits)) >= PROOF:
                count.least += 0 if is_undecided and len(long) < len(contents) else len(fits)
                self.has_values = True
                return
        if any(texts for _, texts in readings):
            self.has_values = True
            if not is_undecided:
                self.faults.append(f"not named: bytes in {name!r}.{column!r} that open to text, among others")

    def opens(self, iv, ciphertext):
        """`text`, `bytes` where only the padding fits, or None."""
        plaintext = self.key.open(iv, ciphertext)
        if plaintext is None:
            return None
        return "text" if shapes.is_text(plaintext) else "bytes"
