#!/usr/bin/env python3
"""Holds what the tool printed against docs/schema/: schema.py FOLDER NAME FILE... A file that ends in .jsonl has a
document a line. Of JSON Schema it knows what those files use, and refuses to pass over anything else."""
import json
import sys

ANNOTATIONS = {"$schema", "title", "description"}
TYPES = {
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
    "string": lambda v: isinstance(v, str),
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "number": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
    "boolean": lambda v: isinstance(v, bool),
    "null": lambda v: v is None,
}


def same(a, b):
    """As in JSON, where true is not 1."""
    return type(a) is type(b) and a == b


def faults(schema, value, place="$"):
    """What is wrong with a value, as lines; nothing where all is right."""
    known = ANNOTATIONS | {"type", "enum", "const", "properties", "required", "additionalProperties", "items", "anyOf"}
    if set(schema) - known:
        raise SystemExit(f"schema.py does not know {sorted(set(schema) - known)}")
    if "type" in schema:
        types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        if not any(TYPES[kind](value) for kind in types):
            return [f"{place}: {json.dumps(value)[:60]} is no {' or '.join(types)}"]
    if "enum" in schema and not any(same(value, one) for one in schema["enum"]):
        return [f"{place}: {json.dumps(value)[:60]} is none of {schema['enum']}"]
    if "const" in schema and not same(value, schema["const"]):
        return [f"{place}: {json.dumps(value)[:60]} is not {schema['const']!r}"]
    found = []
    if "anyOf" in schema:
        ways = [faults(way, value, place) for way in schema["anyOf"]]
        if all(ways):
            found += [f"{place}: none of {len(ways)} ways fits, the nearest but for:"] + min(ways, key=len)
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        found += [f"{place}: no {name}" for name in schema.get("required", []) if name not in value]
        for name, one in value.items():
            rest = schema.get("additionalProperties", True)
            if name in properties:
                found += faults(properties[name], one, f"{place}.{name}")
            elif rest is False:
                found.append(f"{place}: {name} is not in the schema")
            elif rest is not True:
                found += faults(rest, one, f"{place}.{name}")
    if isinstance(value, list) and "items" in schema:
        for i, one in enumerate(value):
            found += faults(schema["items"], one, f"{place}[{i}]")
    return found


def refuse(text):
    raise ValueError(f"{text} is not JSON")


def main(folder, name, *files):
    with open(f"{folder}/{name}.json", encoding="utf-8") as file:
        schema = json.load(file)
    wrong = 0
    for path in files:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for document in text.splitlines() if path.endswith(".jsonl") else [text]:
            for fault in faults(schema, json.loads(document, parse_constant=refuse))[:5]:
                print(f"{name}, {path}: {fault}")
                wrong += 1
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
