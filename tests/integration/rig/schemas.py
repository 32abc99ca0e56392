"""What is wrong with a file for another program, by tests/schemas."""

import json

from jsonschema import Draft202012Validator

from rig.gateway import ROOT

FOLDER = ROOT / "tests" / "schemas"
KUBERNETES = json.loads((FOLDER / "kubernetes.json").read_text())
COMPOSE = json.loads((FOLDER / "compose.json").read_text())


def mistakes(schema, node):
    """A line each: where, and what."""
    found = Draft202012Validator(schema).iter_errors(node)
    return [f"{error.json_path}: {error.message}" for error in found]


def kubernetes_mistakes(part):
    """By the schema of its kind; that of its version, as apiVersion is in it."""
    kind = part["kind"]
    if kind not in KUBERNETES["$defs"]:
        return [f"$.kind: no schema of {kind}"]
    needed = ["apiVersion", "metadata"]
    schema = {**KUBERNETES, "$ref": f"#/$defs/{kind}", "required": needed}
    return mistakes(schema, part)


def compose_mistakes(file):
    return mistakes(COMPOSE, file)
