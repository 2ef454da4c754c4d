"""The plain part of documents: filler text, document sizes, and the ways JSON gets written."""

import json
import math
import random as random_module

WORDS = (
    "Get-Item Where-Object deploy server connection string database port octopus variable tenant "
    "environment production staging $OctopusParameters Write-Host if else function param foreach "
    "C:\\Program\\Files\\App https://internal.example.test/api/v1?a=1+2 <configuration> </add> "
    "key=\"a\" value='b' &amp; naïve café 数据库 🐙 retry timeout 30 true null | -eq -ne { } ( ) "
    "[0] ; # comment || a|b QUJD|REVG== 100% \\u002B #{Octopus.Action.Name} \t"
).split(" ")


def _corpus():
    random = random_module.Random(20240501)
    parts, length = [], 0
    while length < 400_000:
        word = random.choice(WORDS)
        parts.append(word + ("\r\n" if random.random() < 0.08 else " "))
        length += len(word) + 1
    return "".join(parts)


CORPUS = _corpus()


def filler(random, length):
    """About `length` characters of script-like text."""
    start = random.randrange(len(CORPUS) - min(length, len(CORPUS) - 1))
    return CORPUS[start : start + length]


def document_size(random):
    """Characters of a document: log-normal, with a thin tail of 50,000 to 300,000."""
    if random.random() < 0.003:
        return int(math.exp(random.uniform(math.log(50_000), math.log(300_000))))
    return int(min(50_000, max(200, random.lognormvariate(math.log(1500), 1.0))))


def write_json(random, tree):
    """One document's text, as one of the JSON writers of past server versions writes it."""
    dice = random.random()
    if dice < 0.08:  # System.Text.Json: characters that are special in HTML, and all of non-ASCII
        text = json.dumps(tree, separators=(",", ":"))
        for mark in "+<>&'`":
            text = text.replace(mark, f"\\u{ord(mark):04X}")
        return text
    if dice < 0.10:  # PHP, Foundation, DataContractJsonSerializer
        return json.dumps(tree, separators=(",", ":"), ensure_ascii=False).replace("/", "\\/")
    if dice < 0.115:  # every separator of a value escaped
        return json.dumps(tree, separators=(",", ":")).replace("|", "\\u007c")
    if dice < 0.14:  # Newtonsoft, indented, on Windows
        return json.dumps(tree, indent=2, ensure_ascii=False).replace("\n", "\r\n")
    if dice < 0.15 and tree:  # a duplicate name; the last one counts
        text = json.dumps(tree, separators=(",", ":"), ensure_ascii=False)
        return '{"SpaceId":"Spaces-0",' + text[1:-1] + ',"SpaceId":"Spaces-1"}'
    return json.dumps(tree, separators=(",", ":"), ensure_ascii=False)  # Newtonsoft
