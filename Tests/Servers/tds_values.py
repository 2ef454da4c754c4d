"""Values of SQL Server in Python: text in code units of UTF-16, conversions, and what its functions make of them.

Text is compared as a case-insensitive collation or a binary one does. See tds_sql.py for expressions.
"""
import datetime
import hashlib
import re

UNIT = "utf-16-le", "surrogatepass"


class SQLError(Exception):
    """An error as the server has it."""

    def __init__(self, number, text):
        super().__init__(text)
        self.number, self.text = number, text


def wide(text):
    return text.encode(*UNIT)


def narrow(units):
    return units.decode(*UNIT)


def sort_key(value, collation):
    """What values are compared by."""
    if not isinstance(value, str):
        return value
    if collation and "_BIN" in collation:
        return value.encode("utf-16-be", "surrogatepass")
    return value.rstrip(" ").upper().encode("utf-16-be", "surrogatepass")


def converted(value, kind):
    """CAST: longer text is cut off."""
    if value is None:
        return None
    name, _, size = kind.rstrip(")").partition("(")
    if name in ("int", "bigint", "smallint", "tinyint", "bit"):
        try:
            value = int(value)
        except ValueError as error:
            raise SQLError(245, "Conversion failed when converting the nvarchar value to data type int.") from error
        bits = {"int": 31, "bigint": 63, "smallint": 15, "tinyint": 8, "bit": 1}[name]
        if value >= 1 << bits or value < -(1 << bits):
            raise SQLError(8115, f"Arithmetic overflow error converting expression to data type {name}.")
        return value
    if name in ("nvarchar", "nchar", "varchar", "char"):
        if isinstance(value, datetime.datetime):
            return value.isoformat()
        text = str(value)
        return text if size == "max" else narrow(wide(text)[:2 * int(size or 30)])
    if name in ("varbinary", "binary"):
        data = wide(value) if isinstance(value, str) else value
        return data if size == "max" else data[:int(size or 30)]
    if name == "datetimeoffset":
        return moment(value)
    raise SQLError(243, f"Type {kind} is not a defined system type.")


def moment(value):
    if isinstance(value, datetime.datetime):
        return value
    text = re.sub(r"(\.\d{6})\d+", r"\1", value)
    found = datetime.datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=datetime.timezone.utc)


def stuff(text, start, length, new):
    if None in (text, start, length):
        return None
    units = wide(text)
    if start <= 0 or length < 0 or start > len(units) // 2:
        return None
    at = 2 * (start - 1)
    return narrow(units[:at] + wide(new or "") + units[at + 2 * length:])


def substring(text, start, length):
    if None in (text, start, length):
        return None
    if length < 0:
        raise SQLError(537, "Invalid length parameter passed to the LEFT or SUBSTRING function.")
    begin, end = max(start, 1), start + length
    return narrow(wide(text)[2 * (begin - 1):2 * (max(begin, end) - 1)])


def find(needle, text, collation):
    if needle is None or text is None:
        return None
    if not (collation and "_BIN" in collation):
        needle, text = needle.upper(), text.upper()
    at = text.find(needle)
    return 0 if at < 0 else len(wide(text[:at])) // 2 + 1


def length(value):
    return None if value is None else len(wide(value) if isinstance(value, str) else value)


def digest(_, value):
    return None if value is None else hashlib.sha256(wide(value) if isinstance(value, str) else value).digest()
