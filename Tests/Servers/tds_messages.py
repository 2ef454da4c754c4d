"""The upper half of TDS: what the messages of a client say, and the tokens that answers are made of.

Reading: `Prelogin`, `Login`, `batch_text`, `remote_calls`, `transaction_request`. Writing: functions that give the
bytes of one token each; `Wire.answer` takes a list of them, or a generator for an answer that is long.
"""
import dataclasses
import struct

COLLATION = bytes.fromhex("0904d00034")  # SQL_Latin1_General_CP1_CI_AS
MORE, HAS_COUNT, HAS_ERROR, IS_ATTENTION, IN_TRANSACTION = 1, 0x10, 2, 0x20, 4
PROCEDURES = {10: "sp_executesql", 11: "sp_prepare", 12: "sp_execute", 13: "sp_prepexec", 14: "sp_prepexecrpc",
              15: "sp_unprepare"}


def prelogin_options(contents):
    options, at = {}, 0
    while contents[at] != 0xFF:
        kind, start, length = struct.unpack(">BHH", contents[at:at + 5])
        options[kind] = contents[start:start + length]
        at += 5
    return options


def prelogin(options):
    head, body = b"", b""
    for kind, value in options.items():
        head += struct.pack(">BHH", kind, len(options) * 5 + 1 + len(body), len(value))
        body += value
    return head + b"\xff" + body


@dataclasses.dataclass
class Login:
    """What LOGIN7 says."""
    user: str
    password: str
    database: str
    application: str
    host: str
    language: str
    server: str
    library: str
    packet_size: int
    tds_version: str
    read_only_intent: bool
    integrated: bool
    fed_auth: bool
    features: list

    @classmethod
    def read(cls, contents):
        def field(index):
            start, length = struct.unpack("<HH", contents[36 + 4 * index:40 + 4 * index])
            return contents[start:start + 2 * length]

        def text(index):
            return field(index).decode("utf-16-le", "surrogatepass")

        password = bytes(((b ^ 0xA5) << 4 | (b ^ 0xA5) >> 4) & 0xFF for b in field(2))
        types, extension = contents[26], contents[27]
        features = []
        if extension & 0x10:
            start = struct.unpack("<H", contents[56:58])[0]
            at = struct.unpack("<I", contents[start:start + 4])[0]
            while contents[at] != 0xFF:
                features.append(contents[at])
                at += 5 + struct.unpack("<I", contents[at + 1:at + 5])[0]
        return cls(
            user=text(1), password=password.decode("utf-16-le", "surrogatepass"), database=text(8),
            application=text(3), host=text(0), language=text(7), server=text(4), library=text(6),
            packet_size=struct.unpack("<I", contents[8:12])[0],
            tds_version=f"{struct.unpack('<I', contents[4:8])[0]:08x}", read_only_intent=bool(types & 0x20),
            integrated=bool(contents[25] & 0x80), fed_auth=2 in features, features=features)


class Reader:
    """Takes values from the front of a message."""

    def __init__(self, contents):
        self.contents = contents
        self.at = 0

    def take(self, count):
        self.at += count
        return self.contents[self.at - count:self.at]

    def number(self, kind):
        return struct.unpack("<" + kind, self.take(struct.calcsize(kind)))[0]

    def skip_headers(self):
        self.take(self.number("I") - 4)

    @property
    def is_at_end(self):
        return self.at >= len(self.contents)

    def plp(self):
        """A value in pieces; None is NULL."""
        total, value = self.number("Q"), b""
        if total == 0xFFFFFFFFFFFFFFFF:
            return None
        while length := self.number("I"):
            value += self.take(length)
        return value

    def typed(self):
        """A TYPE_INFO and its value: (declaration, value)."""
        kind = self.number("B")
        if kind in (0xE7, 0xEF, 0xA7, 0xAF, 0xA5, 0xAD):
            longest = self.number("H")
            is_wide, is_bytes = kind in (0xE7, 0xEF), kind in (0xA5, 0xAD)
            if not is_bytes:
                self.take(5)
            if longest == 0xFFFF:
                value = self.plp()
            else:
                length = self.number("H")
                value = None if length == 0xFFFF else self.take(length)
            name = {0xE7: "nvarchar", 0xEF: "nchar", 0xA7: "varchar", 0xAF: "char", 0xA5: "varbinary",
                    0xAD: "binary"}[kind]
            size = "max" if longest == 0xFFFF else longest // 2 if is_wide else longest
            if value is not None and not is_bytes:
                value = value.decode("utf-16-le" if is_wide else "cp1252", "surrogatepass" if is_wide else "strict")
            return f"{name}({size})", value
        if kind in (0x63, 0x23, 0x22):
            self.take(4)
            if kind != 0x22:
                self.take(5)
            length = self.number("I")
            value = None if length == 0xFFFFFFFF else self.take(length)
            if value is not None and kind != 0x22:
                value = value.decode("utf-16-le" if kind == 0x63 else "cp1252")
            return {0x63: "ntext", 0x23: "text", 0x22: "image"}[kind], value
        if kind in (0x6A, 0x6C):
            self.take(3)
        elif kind in (0x26, 0x68, 0x6D, 0x6E, 0x6F, 0x24):
            self.take(1)
        else:
            raise ValueError(f"a parameter of type {kind:#x}")
        value = self.take(self.number("B"))
        if kind == 0x26:
            return "bigint", int.from_bytes(value, "little", signed=True) if value else None
        return f"type {kind:#x}", value or None


def batch_text(contents):
    reader = Reader(contents)
    reader.skip_headers()
    return reader.contents[reader.at:].decode("utf-16-le", "surrogatepass")


@dataclasses.dataclass
class Parameter:
    name: str
    is_output: bool
    type: str
    value: object


def remote_calls(contents):
    """The calls of an RPC message: pairs of a name and parameters. Several for an array of parameters."""
    reader, calls = Reader(contents), []
    reader.skip_headers()
    while not reader.is_at_end:
        length = reader.number("H")
        is_numbered = length == 0xFFFF
        name = PROCEDURES.get(reader.number("H"), "?") if is_numbered else reader.take(2 * length).decode("utf-16-le")
        reader.take(2)
        parameters = []
        while not reader.is_at_end:
            length = reader.number("B")
            if length in (0x80, 0xFF):  # another call follows
                break
            text = reader.take(2 * length).decode("utf-16-le")
            is_output = bool(reader.number("B") & 1)
            parameters.append(Parameter(text, is_output, *reader.typed()))
        calls.append((name, parameters))
    return calls


def transaction_request(contents):
    """What the transaction manager is asked for, and whether another transaction is to begin right after."""
    reader = Reader(contents)
    reader.skip_headers()
    kind = reader.number("H")
    name = {5: "begin", 7: "commit", 8: "rollback", 9: "save"}.get(kind, f"request {kind}")
    begins = False
    if name in ("commit", "rollback"):
        reader.take(reader.number("B"))
        begins = bool(reader.number("B") & 1)
    return name, begins


# Tokens

def short_text(text):
    return bytes([len(text)]) + text.encode("utf-16-le")


def long_text(text):
    return struct.pack("<H", len(text)) + text.encode("utf-16-le")


def token(kind, body):
    return bytes([kind]) + struct.pack("<H", len(body)) + body


def message(number, text, level=14, state=1, server="endpoint", line=1):
    """An ERROR, or an INFO where the level is at most 10."""
    body = struct.pack("<IBB", number, state, level) + long_text(text) + short_text(server) + short_text("")
    return token(0xAA if level > 10 else 0xAB, body + struct.pack("<I", line))


def environment_text(kind, new, old=""):
    return token(0xE3, bytes([kind]) + short_text(new) + short_text(old))


def environment_bytes(kind, new, old=b""):
    return token(0xE3, bytes([kind, len(new)]) + new + bytes([len(old)]) + old)


def login_acknowledged(tds_version, product="Microsoft SQL Server"):
    return token(0xAD, b"\x01" + bytes.fromhex(tds_version) + short_text(product) + bytes([16, 0, 0x10, 0]))


def no_features():
    return b"\xae\xff"


def done(count=None, flags=0, kind=0xFD, command=0xC1):
    """DONE; 0xFE is DONEPROC and 0xFF DONEINPROC."""
    if count is not None:
        flags |= HAS_COUNT
    return struct.pack("<BHHQ", kind, flags, command, count or 0)


def columns(described):
    """COLMETADATA for pairs of a name and a type: text and binary of a length or `max`, `int`, `bigint` or `bit`."""
    body = struct.pack("<H", len(described))
    fixed = {"int": b"\x26\x04", "bigint": b"\x26\x08", "bit": b"\x68\x01"}
    lengths = {"nvarchar": b"\x40\x1f", "varchar": b"\x40\x1f", "varbinary": b"\x40\x1f"}
    numbers = {"nvarchar": b"\xe7", "varchar": b"\xa7", "varbinary": b"\xa5"}
    for name, kind in described:
        plain, _, size = kind.rstrip(")").partition("(")
        described_as = fixed.get(kind) or (
            numbers[plain] + (b"\xff\xff" if size == "max" else lengths[plain])
            + (b"" if plain == "varbinary" else COLLATION))
        body += struct.pack("<IH", 0, 9) + described_as + short_text(name)
    return b"\x81" + body


def row(described, values):
    body = b"\xd1"
    for (_, kind), value in zip(described, values, strict=True):
        data = value
        if isinstance(value, str):
            is_wide = kind.startswith("n")
            data = value.encode("utf-16-le" if is_wide else "cp1252", "surrogatepass" if is_wide else "strict")
        if kind.endswith("(max)"):
            body += b"\xff" * 8 if data is None else (
                struct.pack("<Q", len(data)) + (struct.pack("<I", len(data)) + data if data else b"") + b"\0" * 4)
        elif "char" in kind or "binary" in kind:
            body += b"\xff\xff" if data is None else struct.pack("<H", len(data)) + data
        else:
            size = {"int": 4, "bigint": 8, "bit": 1}[kind]
            body += b"\0" if value is None else bytes([size]) + value.to_bytes(size, "little", signed=kind != "bit")
    return body


def return_status(value=0):
    return b"\x79" + struct.pack("<i", value)


def return_handle(value):
    """The output parameter of sp_prepare and sp_prepexec: an int."""
    described = struct.pack("<H", 0) + short_text("") + b"\x01" + struct.pack("<IH", 0, 0) + b"\x26\x04"
    return b"\xac" + described + b"\x04" + struct.pack("<i", value)
