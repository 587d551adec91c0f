"""Prints docs/composition.md from the worked examples: `python docs/render_composition.py > docs/composition.md`."""

from __future__ import annotations

from iotconfig.domain.documents.composition import COMPOSITION_RULE
from iotconfig.testing.composition_examples import (
    CompositionExample,
    ExampleLayer,
    composition_examples,
)

_HEAD = f"""\
# How documents are composed

Printed by `docs/render_composition.py` from `iotconfig/testing/contracts/composition_examples.json`, which the tests of
every adapter use, too.

**Sources.** The document of a device is composed of the layers that reach it and of its own content. The layer of all
devices is the lowest, then the layer of its model, then tagged layers by their rank. The own content is the highest.

**Value.** It is that of JSON Merge Patch (RFC 7396): each source is merged into what those below it make. Objects are merged
member by member, every other value replaces, arrays included.

**Null** removes the member, at any depth. It is a value in two places only: in the layer of all devices, and in the
own content of a device that no layer reaches. A null that removes nothing is a warning.

**Bytes.** Where all members of an object come from one source, and that source has no further member there, the object is served
as it stands in that source, its order and spaces included. This holds for the whole document, too. Any other object has one
comma and no space between its members. Their order is that of their first appearance, from the lowest source; a member that was
removed and comes back stands last. Name, colon and value are as the highest source writes them, character by character.

**Limits.** A composed document has the size limit of content, and so has what any of its lower layers make
together. It breaks no other rule of content, because its sources follow them.

This is version {COMPOSITION_RULE} of the rule. The version is stored with each document, and a new one recomposes none.

## Worked examples"""


def _reach(layer: ExampleLayer) -> str:
    match layer.reaches:
        case {"all": True}:
            return "all devices"
        case {"model": model}:
            return f"model {model}"
    return f"tag {' and '.join(layer.reaches['tags'])}, rank {layer.rank}"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())


def _section(example: CompositionExample) -> str:
    sources = [(f"layer {layer.name} ({_reach(layer)})", layer.content) for layer in example.layers]
    if example.own is not None:
        sources.append(("own content", example.own))
    texts = [*sources, ("document", example.document)]
    lines = [f"{title}\n{_indented(text)}" for title, text in texts]
    lines += [
        f"warning\n    {source}: the null at {pointer} removes nothing" for source, pointer in example.unused
    ]
    title = example.name.replace("-", " ").capitalize()
    return "\n".join([f"### {title}", "", example.rule, "", "```text", *lines, "```"])


def render() -> str:
    """The page."""
    return "\n\n".join([_HEAD, *(_section(example) for example in composition_examples())])


if __name__ == "__main__":
    print(render())
