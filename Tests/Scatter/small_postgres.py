"""Small PostgreSQL databases with places that are refused, or odd and still to be rewritten."""

import small
from postgres_store import literal
from small import Case

# A login that owns nothing.
APP = "app"
NAME = "Suspicious"


class Store:
    """One database; `user` is who octokey comes as."""

    made = 0

    def __init__(self, folder, server):
        self.server = server
        Store.made += 1
        self.database = f"small_{Store.made}"
        self.user = "octokey"

    @property
    def location(self):
        return self.server.odbc(self.database, self.user)

    def make(self, hand, case):
        self.user = case.user or self.user
        self.server.psql("postgres", f'CREATE DATABASE "{self.database}"')
        rows = "".join(
            f"INSERT INTO \"Sound\" (\"JSON\") VALUES ('{hand.json()}');" for _ in range(small.SOUND))
        script = f"""
            DO $$ BEGIN CREATE ROLE {APP} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
            CREATE TABLE "Sound" ("Id" serial PRIMARY KEY, "JSON" text); {rows}
            {case.make(hand)};
            GRANT SELECT, UPDATE ON "Sound" TO {APP};"""
        self.server.psql(self.database, script)

    def dump(self):
        return self.server.dump(self.database, "--inserts")


def table(columns, *rows, then="", name=NAME):
    """SQL for a table and its rows, each a function of a hand that gives its contents."""
    def make(hand):
        inserts = "".join(
            f'INSERT INTO "{name}" VALUES ({", ".join(map(literal, row(hand)))});' for row in rows)
        return f'CREATE TABLE "{name}" ({columns}); {inserts} {then}'
    return make


def one(declared):
    """A column of a type, in a table with a key."""
    return f'"Id" int PRIMARY KEY, "Value" {declared}'


def refusals():
    named = ((NAME, "Value"),)
    for declared, content in {
            "xml": lambda h: f"<a>{h.pipe()}</a>",
            "text[]": lambda h: "{" + f'"{h.pipe()}","{h.pipe()}"' + "}",
            "jsonb[]": lambda h: '{"{\\"a\\":\\"' + h.pipe() + '\\"}"}',
            "tsvector": lambda h: f"'{h.pipe()}'"}.items():
        yield Case(f"a value in {declared}", table(one(declared), lambda h, c=content: (1, c(h))), named)
    yield Case("a value in a name", lambda h: table(
        one("name"), lambda _: (1, short(h)))(h), named)
    yield Case("a value in a composite", lambda h: "CREATE TYPE pair AS (a int, b text);" + table(
        one("pair"), lambda _: (1, f'(1,"{h.pipe()}")'))(h), named)
    yield Case("a label of an enumeration", lambda h: (
        lambda label: f"CREATE TYPE kind AS ENUM ('{label}');" + table(one("kind"), lambda _: (1, label))(h)
    )(short(h)), named)
    yield Case("bytes of values in an array", table(
        one("bytea[]"), lambda h: (1, '{"\\\\x' + h.raw().hex() + '"}')), named)
    yield Case("a schema without USAGE", lambda h: f"""
        CREATE SCHEMA hidden; CREATE TABLE hidden."{NAME}" ({one("text")});
        INSERT INTO hidden."{NAME}" VALUES (1, '{h.pipe()}'); GRANT SELECT, UPDATE ON hidden."{NAME}" TO {APP}""",
        ((f"hidden.{NAME}", None, "notRead"),), user=APP)
    yield Case("a table without SELECT", table(
        one("text"), lambda h: (1, h.pipe())), ((NAME, None, "notRead"),), user=APP)
    yield Case("a column without SELECT", table(
        one("text"), lambda h: (1, h.pipe()), then=f'GRANT SELECT ("Id") ON "{NAME}" TO {APP};'),
        ((NAME, None, "notRead"),), user=APP)
    yield Case("a policy that hides rows", table(
        one("text"), lambda h: (1, h.pipe()), then=f"""
            GRANT SELECT, UPDATE ON "{NAME}" TO {APP}; ALTER TABLE "{NAME}" ENABLE ROW LEVEL SECURITY;"""),
        ((NAME, None, "notRead"),), user=APP)
    yield Case("a table without a key", table(
        '"Id" int, "Value" text', lambda h: (1, h.pipe())), ((NAME, None, "notRead"),))
    yield Case("bytes of values in a table without a key", table(
        '"Id" int, "Value" bytea', *[lambda h: (1, h.raw())] * 6), ((NAME, None, "notRead"),))
    yield Case("a key of a type that cannot be compared", table(
        '"Id" timestamptz PRIMARY KEY, "Value" text', lambda h: ("2026-11-27", h.pipe())), ((NAME, None, "notRead"),))
    yield Case("a value in the key", table(
        '"Id" text PRIMARY KEY, "Value" text', lambda h: (h.pipe(), "")), ((NAME, "Id", "notRead"),))
    yield Case("a document as the key", table(
        '"JSON" text PRIMARY KEY', lambda h: (h.json(),)), ((NAME, "JSON", "notRead"),))
    yield Case("a value in a part of the key", table(
        '"Id" int, "Value" text, PRIMARY KEY ("Id", "Value")', lambda h: (1, h.pipe())), ((NAME, "Value", "notRead"),))
    yield Case("bytes of values in the key", table(
        '"Id" bytea PRIMARY KEY', *[lambda h: (h.raw(),)] * 6), ((NAME, "Id", "notRead"),))
    yield Case("a generated column JSON", table(
        '"Id" int PRIMARY KEY, "Value" text, "JSON" text GENERATED ALWAYS AS ("Value") STORED',
        lambda h: (1, h.json())), ((NAME, "JSON", "notRead"),))
    yield Case("a value as the name of a property in jsonb", table(
        one("jsonb"), *[lambda h: (h.random.randrange(2**31), '{"' + '":1,"'.join(h.pipe() for _ in range(5)) + '":1}')] * 4),
        ((NAME, "Value", "sortedName"),))
    yield Case("large objects", lambda h: f"SELECT lo_from_bytea(0, '{h.pipe()}');", (("pg_largeobject", None, "notRead"),))
    yield small.damaged("strings of JSON", lambda hand, strings: "".join(
        table(one("jsonb"), lambda h, s=string: (1, '{"V":"' + s(h) + '"}'), name=name)(hand)
        for name, string in strings), lambda name: (name, "Value"))
    yield small.damaged("bare texts", lambda hand, strings: "".join(
        table(one("text"), lambda h, s=string: (1, s(h)), name=name)(hand)
        for name, string in strings), lambda name: (name, "Value"))


def short(hand):
    """A value of one block, which has 49 characters."""
    while len(value := hand.pipe()) > 49:
        hand.made.pop()
        hand.texts.pop()
    return value


def filled(declared, spell, rows=8):
    """Columns that are just as long as what is in them, a value with few signs that are escaped."""
    def make(hand):
        texts = []
        for _ in range(rows):
            drawn = [hand.value() for _ in range(40)]
            least = min((value for value in drawn if "+" in value.pipe), key=lambda value: (
                value.pipe.count("+") / len(value.pipe), -len(value.pipe)))
            hand.made[-len(drawn):] = [least]
            hand.texts.append(least)
            texts.append(spell(least.pipe))
        columns = "".join(f', "Of {n}" {declared}({len(text)})' for n, text in enumerate(texts))
        values = ", ".join(map(literal, texts))
        return (f'CREATE TABLE "{NAME}" ("Id" int PRIMARY KEY{columns}); '
                f'INSERT INTO "{NAME}" VALUES (1, {values})')
    return make


def long_document(hand):
    return '{"A":"' + "ä|" * 1_700_000 + '","V":"' + hand.pipe() + '"}'


def odd_ones():
    """What is odd, and rewritten all the same."""
    yield Case("columns without room, bare", filled("varchar", lambda pipe: pipe))
    yield Case("columns without room, padded", filled("char", lambda pipe: pipe))
    yield Case("columns without room, escaped", filled(
        "varchar", lambda pipe: '{"V":"' + pipe.replace("+", "\\u002B") + '"}'))
    yield Case("a value in a column Id that is no key", table(
        '"Number" int PRIMARY KEY, "Id" text', lambda h: (1, h.pipe())))
    yield Case("a long key with bars in it", table(
        '"Id" text PRIMARY KEY, "JSON" text',
        lambda h: ("|Projects-1|Environments-2|Tenants-3|and so on, 60 letters|", h.json())))
    yield Case("a table that inherits", lambda h: f"""
        CREATE TABLE "{NAME}" ({one("text")}); CREATE TABLE "Heir" (PRIMARY KEY ("Id")) INHERITS ("{NAME}");
        INSERT INTO "{NAME}" VALUES (1, '{h.pipe()}'); INSERT INTO "Heir" VALUES (2, '{h.pipe()}')""")
    yield Case("a table that inherits a key as well", lambda h: f"""
        CREATE TABLE "{NAME}" ({one("text")}); CREATE TABLE "Heir" (PRIMARY KEY ("Id")) INHERITS ("{NAME}");
        INSERT INTO "{NAME}" VALUES (1, '{h.pipe()}'); INSERT INTO "Heir" VALUES (1, '{h.pipe()}')""")
    yield Case("a table in parts", lambda h: f"""
        CREATE TABLE "{NAME}" ("Id" int, "Value" text, PRIMARY KEY ("Id")) PARTITION BY RANGE ("Id");
        CREATE TABLE "One" PARTITION OF "{NAME}" FOR VALUES FROM (0) TO (10);
        CREATE TABLE "Rest" PARTITION OF "{NAME}" DEFAULT;
        INSERT INTO "{NAME}" VALUES (1, '{h.pipe()}'), (11, '{h.pipe()}')""")
    yield Case("a unique value to which another table refers", lambda h: (lambda pipe: f"""
        CREATE TABLE "{NAME}" ("Id" int PRIMARY KEY, "Value" text UNIQUE);
        CREATE TABLE "Referring" ("Id" int PRIMARY KEY, "Value" text REFERENCES "{NAME}" ("Value") ON UPDATE CASCADE);
        INSERT INTO "{NAME}" VALUES (1, '{pipe}')""")(h.pipe()))
    yield Case("a text whose collation is not deterministic", lambda h: f"""
        CREATE COLLATION loose (provider = icu, locale = 'und', deterministic = false);
        CREATE TABLE "{NAME}" ("Id" int PRIMARY KEY, "Value" text COLLATE loose);
        INSERT INTO "{NAME}" VALUES (1, '{h.pipe()}')""")
    yield Case("names of all kinds", lambda h: f"""
        CREATE SCHEMA "a.b"; CREATE TABLE "a.b"."c\nd\t'""e" ("I d" int PRIMARY KEY, "|🔑%s'\\" text, "." bytea);
        INSERT INTO "a.b"."c\nd\t'""e" VALUES (1, '{h.pipe()}', '{h.pipe()}')""")
    yield Case("a table without columns, and one that is dropped", lambda h: f"""
        CREATE TABLE "Nothing" (); CREATE TABLE "{NAME}" ("Id" int PRIMARY KEY, "Gone" text, "Value" citext_like);
        ALTER TABLE "{NAME}" DROP COLUMN "Gone"; INSERT INTO "{NAME}" VALUES (1, '{h.pipe()}')""".replace(
            "citext_like", "text"))
    for declared in ("json", "jsonb", "bytea"):
        yield Case(f"{declared} of 5 MB", table(
            one(declared), lambda h, d=declared: (1, long_document(h).encode() if d == "bytea" else long_document(h))))
    yield Case("a view, and a rule that nobody uses", lambda h: f"""
        CREATE TABLE "{NAME}" ({one("text")}); INSERT INTO "{NAME}" VALUES (1, '{h.pipe()}');
        CREATE VIEW "Seen" AS SELECT * FROM "{NAME}" """)


def account(octokey, folder, seed, server):
    """What is not looked at is in the account."""
    store = Store(folder, server)
    hand = small.Hand(seed, small.values.Key(bytes(range(16))))
    numbers = ("int2", "int4", "int8", "numeric", "float8", "bool", "uuid", "timestamptz", "date")
    columns = ", ".join(f'"As {name}" {name}' for name in numbers)
    store.make(hand, Case("", lambda _: f"""
        CREATE SCHEMA other;
        CREATE TABLE other."Numbers" ("Id" int PRIMARY KEY, "Brief" varchar(20), "Least" varchar(49), {columns},
          "Twice" text GENERATED ALWAYS AS ("Brief" || "Brief") STORED);
        CREATE MATERIALIZED VIEW "Seen" AS SELECT * FROM "Sound";
        CREATE FOREIGN DATA WRAPPER nothing; CREATE SERVER nowhere FOREIGN DATA WRAPPER nothing;
        CREATE FOREIGN TABLE other."Far" ("JSON" text) SERVER nowhere"""))
    node = small.Node(octokey, folder, store.location, hand.key, small.values.Key(bytes(32)))
    _, report = node.verify()
    looked = report["lookedAt"]
    faults = []
    # The serial, and the table's key of Sound, are numbers as well.
    if looked["schemas"] != ["other", "public"] or looked["collections"] != 2 or looked["columns"] != 2:
        faults.append(f"the account says {looked}")
    expected = [("other.Numbers", f"As {name}", "cannotHold", name, None) for name in numbers]
    expected += [
        ("other.Numbers", "Id", "cannotHold", "int4", None), ("Sound", "Id", "cannotHold", "int4", None),
        ("other.Numbers", "Brief", "tooShort", None, 20), ("other.Numbers", "Twice", "computed", None, None),
        ("Seen", None, "materializedView", None, None), ("other.Far", None, "foreignTable", None, None)]
    return faults + small.account_faults(node, expected)
