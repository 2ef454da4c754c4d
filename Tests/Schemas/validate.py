#!/usr/bin/env python3
"""Validates what octokey has printed with --format json against the schemas that `octokey schema` prints.

    validate.py OCTOKEY FILE[=SCHEMA]...

A report names its schema; SCHEMA is for the two shapes that do not. Fails for a file that is not one JSON value or does not
conform to its schema, for a schema that none of the files has, and for a schema that is not one.
"""

import json
import subprocess
import sys

from jsonschema import Draft202012Validator


def octokey(program, *arguments):
    return subprocess.run([program, "schema", *arguments], check=True, capture_output=True, text=True).stdout


def main():
    program, *files = sys.argv[1:]
    schemas = {name: json.loads(octokey(program, name)) for name in octokey(program).split()}
    faults, seen, count = [], set(), 0
    for name, schema in schemas.items():
        Draft202012Validator.check_schema(schema)
        if schema["title"] != name:
            faults.append(f"the title of {name} is {schema['title']}")
    for argument in files:
        file, _, name = argument.partition("=")
        with open(file, encoding="utf-8") as opened:
            text = opened.read()
        try:
            report = json.loads(text)
            name = name or report["schema"]
            errors = list(Draft202012Validator(schemas[name]).iter_errors(report))
        except (ValueError, KeyError, TypeError) as error:
            faults.append(f"{file}: {type(error).__name__} {error}: {text[:200]}")
            continue
        seen.add(name)
        count += 1
        faults += [f"{file}: {name}: {'/'.join(map(str, error.absolute_path))}: {error.message[:300]}" for error in errors]
    faults += [f"nothing was printed as {name}" for name in sorted(schemas.keys() - seen)]
    print("\n".join(faults + [f"{count} reports, {len(seen)} of {len(schemas)} schemas, {len(faults)} faults"]))
    sys.exit(1 if faults else 0)


main()
