"""Says how Python reads JSON-RPC messages, as tests/npm/json-reading.mjs does for JavaScript; there is no SDK behind it."""

import base64
import json
import re
import sys
from decimal import Decimal

sys.setrecursionlimit(10_000)
NUMBER = re.compile(r"(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?\Z")
VERSION = "io.modelcontextprotocol/protocolVersion"


def hexed(text):
    return text.encode("utf-16-le", "surrogatepass").hex()


def number(text):
    found = NUMBER.match(text)
    if found is None:
        return "n" + text
    sign, whole, fraction, exponent = found.groups(default="")
    written = whole + fraction
    digits = written.lstrip("0")
    point = len(whole) + int(exponent or "0") - (len(written) - len(digits))
    return "n0" if digits == "" else f"n{sign}{digits.rstrip('0')}e{point}"


def spell(value):
    if value is None:
        return "0"
    if value is True:
        return "t"
    if value is False:
        return "f"
    if isinstance(value, str):
        return '"' + hexed(value)
    if isinstance(value, (int, float)):
        return number(repr(value))
    if isinstance(value, list):
        return "[" + ",".join(map(spell, value)) + "]"
    return "{" + ",".join(f"{key}:{item}" for key, item in sorted((hexed(key), spell(item)) for key, item in value.items())) + "}"


def member(value, *path):
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


MIRRORED = {
    "mcp-protocol-version": lambda message: member(message, "params", "_meta", VERSION),
    "mcp-method": lambda message: message["method"],
    "mcp-name": lambda message: member(message, "params", "uri" if message["method"] == "resources/read" else "name"),
    "mcp-param-region": lambda message: member(message, "params", "arguments", "region"),
    "mcp-param-zone": lambda message: member(message, "params", "arguments", "zone"),
    "mcp-param-urgent": lambda message: member(message, "params", "arguments", "flags", "urgent"),
}


def is_same(header, value):
    text = header
    if header.startswith("=?base64?") and header.endswith("?="):
        text = base64.b64decode(header[9:-2]).decode("utf-8")
    if value is True or value is False:
        return text == str(value).lower()
    if isinstance(value, int):
        return Decimal(text) == value
    return float(text) == value if isinstance(value, float) else text == value


def belied(message, asked):
    is_call = message["method"] == "tools/call" and "id" in message
    for name, mirrored in MIRRORED.items():
        given = [value for header, value in asked["headers"] if header.lower() == name]
        value = mirrored(message)
        if name == "mcp-protocol-version" and value is None:
            continue
        if name.startswith("mcp-param-") and not is_call:
            continue
        if not given and not (asked["required"] and is_call and isinstance(value, (str, int, float))):
            continue
        try:
            if len(given) != 1 or not is_same(given[0], value):
                return name
        except (ValueError, ArithmeticError):
            return name
    return ""


def attempt(read):
    try:
        return read()
    except Exception as failure:  # Whatever goes wrong is the answer.
        return "!" + " ".join(str(failure).split())


def answer(line):
    body, headers, _ = line.split(" ")
    message = None

    def read():
        nonlocal message
        message = json.loads(base64.b64decode(body))
        return spell(message)

    said = attempt(read)
    if said.startswith("!"):
        return "\t".join([said, said, said])
    return "\t".join([said, "-", "-" if headers == "-" else attempt(lambda: belied(message, json.loads(base64.b64decode(headers))))])


for line in sys.stdin:
    sys.stdout.write(answer(line.rstrip("\n")) + "\n")
    sys.stdout.flush()
