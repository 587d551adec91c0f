"""Which lines of a page are commands, and which of them are run."""

from __future__ import annotations

import pytest

from tests.support.documented import Command, commands
from tests.support.markdown import anchors, blocks, links

PAGE = """# A page

```console
$ echo one \\
    two    # a remark
one two
$ for n in 1 2; do
>   echo "$n"
> done
# systemctl stop everything
stopped
$ echo three
```
"""


def test_commands_are_joined_and_have_their_output() -> None:
    """Lines with root's prompt are not commands that are run, and end the output of the command before."""
    (block,) = blocks(PAGE)

    assert [
        Command("echo one \\\n    two    # a remark", 4, ("one two",)),
        Command('for n in 1 2; do\n  echo "$n"\ndone', 7, ()),
        Command("echo three", 12, ()),
    ] == list(commands(block))


@pytest.mark.parametrize(
    ("text", "is_run"),
    [
        ("iotconfig config list", True),
        ("curl http://127.0.0.1:8080/api/health", True),
        ("iotconfig serve", False),
        ("A=1 B_C=2 iotconfig relay", False),
        ("pip install iotconfig", False),
        ("curl https://iot.example.org/api/configs", False),
        ("export SECRET=…", False),
    ],
)
def test_commands_that_are_run(text: str, is_run: bool) -> None:
    """Commands that install, stay in the foreground, contain an ellipsis or use other hosts are not run."""
    assert is_run is Command(text, 1, ()).is_run


def test_lines_that_were_not_printed_are_missing() -> None:
    """Lines with an ellipsis are not expected in the output."""
    command = Command("x", 1, ("  one", "two …", "three"))

    assert ["three"] == command.missing("zero\none\n")


def test_links_and_anchors() -> None:
    """Anchors follow GitHub's rules; code and links to other sites are not links of the documentation."""
    page = "# One `two`: three?\n## Same\n## Same\n[a](b.md#c) [d](https://e) `[f](g)` ![h](i.svg)\n```\n# [j](k)\n```\n"

    assert {"one-two-three", "same", "same-1"} == anchors(page)
    assert ["b.md#c", "i.svg"] == links(page)
