"""The program that reproduces what the page shows, made from the explainer's own source.

Starting from ``train``, ``read`` and ``headline`` it keeps every definition that they reach, in this module
and in the helpers that it imports, and writes the settings of this state in their place. What comes out
needs torch and numpy, and the data file or the package where one is used; nothing of this project.
"""

import ast
import inspect
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

from explainers.support.contract import Settings, data_of, packages_of

OURS = "explainers."
ROOTS = ("train", "read", "headline")
# Settings become frozen dataclasses, so pydantic stays behind.
LEFT_BEHIND = {"Settings", "Field"}


@dataclass(frozen=True)
class Definition:
    """One top-level statement: its source with the comments above it, what it binds, what it mentions."""

    module: str
    line: int
    names: frozenset[str]
    uses: frozenset[str]
    source: str


@dataclass(frozen=True)
class Source:
    """A module taken apart: its definitions, its imports from elsewhere, and those from this project.

    ``imports``: name → the line that imports it. ``ours``: name → the definition that it stands for, as
    (module, name there, line of the import).
    """

    definitions: list[Definition]
    imports: dict[str, str]
    ours: dict[str, tuple[str, str, int]]


def _bound(node: ast.stmt) -> set[str]:
    """The names that a top-level statement binds."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    targets = (
        node.targets
        if isinstance(node, ast.Assign)
        else [node.target]
        if isinstance(node, ast.AnnAssign)
        else []
    )
    return {name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)}


@cache
def _take_apart(module: ModuleType) -> Source:
    """Read a module's source into definitions and imports."""
    text = inspect.getsource(module)
    lines = text.splitlines()
    result = Source([], {}, {})
    for node in ast.parse(text).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(OURS):
            for alias in node.names:
                result.ours[alias.asname or alias.name] = node.module or "", alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                bound = alias.asname or alias.name
                result.imports[bound] = f"from {node.module} import {alias.name}" + (
                    f" as {alias.asname}" if alias.asname else ""
                )
        elif isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.asname or alias.name.split(".")[0]
                result.imports[bound] = f"import {alias.name}" + (
                    f" as {alias.asname}" if alias.asname else ""
                )
        elif names := _bound(node):
            decorators = getattr(node, "decorator_list", [])
            start = min([node.lineno, *(d.lineno for d in decorators)]) - 1
            while start and lines[start - 1].startswith("#"):
                start -= 1
            source = "\n".join(lines[start : node.end_lineno])
            uses = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} | _annotations(node)
            result.definitions.append(
                Definition(module.__name__, node.lineno, frozenset(names), frozenset(uses), source)
            )
    return result


def _annotations(node: ast.AST) -> set[str]:
    """Names inside annotations that are written as strings."""
    strings = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    return {s for s in strings if s.isidentifier()}


def _settings_class(settings: Settings) -> str:
    """A frozen dataclass with the values of this state; bounds stand beside them."""
    kind = type(settings)
    rows = ["@dataclass(frozen=True)", f"class {kind.__name__}:", f'    """{inspect.getdoc(kind)}"""', ""]
    for name, field in kind.model_fields.items():
        value: Any = getattr(settings, name)
        bounds = [
            str(limit)
            for m in field.metadata
            for limit in (getattr(m, "ge", None), getattr(m, "le", None))
            if limit is not None
        ]
        note = f"  # {' to '.join(bounds)}" if len(bounds) == 2 else ""
        rows.append(f"    {name}: {type(value).__name__} = {value!r}{note}")
    return "\n".join(rows)


def script(explainer: Any, training: Settings, view: Settings) -> str:
    """The runnable program for exactly this state: it prints the headline as JSON.

    Raises:
        ValueError: if two modules define the same name differently, so that one file cannot hold both.

    """
    name = explainer.__name__.removeprefix(OURS)
    sources: dict[str, Source] = {}
    kept: set[Definition] = set()
    imports = {"from dataclasses import dataclass", "import json", "import torch"}
    owner: dict[str, str] = {}
    todo = [(explainer.__name__, root) for root in ROOTS]
    seen: set[tuple[str, str]] = set()
    while todo:
        module, wanted = todo.pop()
        if (module, wanted) in seen or wanted in LEFT_BEHIND:
            continue
        seen.add((module, wanted))
        if module == explainer.__name__ and wanted in ("Training", "View"):
            continue
        source = sources.setdefault(module, _take_apart(import_module(module)))
        found = [definition for definition in source.definitions if wanted in definition.names]
        if wanted in source.ours:
            origin, there, line = source.ours[wanted]
            todo.append((origin, there))
            if there != wanted:  # imported under another name, which in one file is a second name for it
                same = f"{wanted} = {there}"
                found = [Definition(module, line, frozenset([wanted]), frozenset([there]), same)]
        elif wanted in source.imports:
            imports.add(source.imports[wanted])
        if found and owner.setdefault(wanted, module) != module:
            raise ValueError(f"{wanted} is defined in {owner[wanted]} and in {module}")
        for definition in found:
            kept.add(definition)
            if wanted not in source.ours:
                todo += [(module, use) for use in definition.uses]
    in_order = sorted(kept, key=lambda d: (d.module, d.line, d.source))
    helpers = [d for d in in_order if d.module != explainer.__name__]
    own = [d for d in in_order if d.module == explainer.__name__]
    lines = sorted(line for line in imports if "__future__" not in line)
    plain = [line for line in lines if line.startswith("import")]
    files = data_of(explainer, training)
    data = f" Beside it: {', '.join(files)}." if files else ""
    *others, final = ["torch", "numpy", *packages_of(explainer, training)]
    needs = f"Needs {', '.join(others)} and {final}."
    claim = (inspect.getdoc(explainer) or name).splitlines()[0]
    parts = [
        f'"""{claim}\n\n{needs}{data} Prints the numbers of the page.\n"""',
        "from __future__ import annotations",
        "\n".join(plain + [line for line in lines if line not in plain]),
        _settings_class(training),
        _settings_class(view),
        # Functions find one another when they run; decorators, base classes and constants need what they
        # mention at once.
        *(d.source for d in _ordered(helpers)),
        *(d.source for d in own),
        'if __name__ == "__main__":\n'
        "    torch.set_num_threads(1)\n"
        "    for checkpoint in train(Training()):\n"
        "        pass\n"
        "    print(json.dumps(headline(checkpoint, read(checkpoint, View())), indent=2))",
    ]
    return "\n\n\n".join(parts) + "\n"


def _ordered(definitions: list[Definition]) -> list[Definition]:
    """Definitions in an order in which each comes after those it mentions, as far as there is one."""
    by_name = {name: d for d in definitions for name in d.names}
    done: list[Definition] = []

    def place(definition: Definition, path: tuple[Definition, ...] = ()) -> None:
        if definition in done or definition in path:
            return
        for use in sorted(definition.uses):
            if use in by_name and by_name[use] is not definition:
                place(by_name[use], (*path, definition))
        done.append(definition)

    for definition in definitions:
        place(definition)
    return done
