"""Layers: whom they reach, their order, and what is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from iotconfig.domain.errors import IotConfigError, PlaceTaken, Unprocessable, ValidationFailed
from iotconfig.domain.layering.edits import OrderLayers
from iotconfig.domain.layers.layer import MAX_LAYERS, MAX_RANK, Layer, LayerDefinition
from iotconfig.domain.layers.layer_stack import NO_LAYERS, LayerStack
from iotconfig.domain.layers.reach import EVERYTHING, Reach, ReachKind
from iotconfig.domain.layers.rules import check_together
from iotconfig.testing.builders import content
from iotconfig.testing.layer_builders import layer

TAGS = ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("reach", "tags", "model", "is_taken"),
    [
        (EVERYTHING, [], None, True),
        (EVERYTHING, ["a"], "lamp", True),
        (Reach(model="lamp"), ["a"], "lamp", True),
        (Reach(model="lamp"), ["lamp"], None, False),
        (Reach(model="lamp"), [], "lamp-2", False),
        (Reach(tags=["a"]), ["b", "a"], None, True),
        (Reach(tags=["a", "b"]), ["a"], None, False),
        (Reach(tags=["a"], not_tags=["b", "c"]), ["a"], None, True),
        (Reach(tags=["a"], not_tags=["b", "c"]), ["a", "c"], None, False),
    ],
)
def test_whom_a_layer_reaches(reach: Reach, tags: list[str], model: str | None, is_taken: bool) -> None:
    """All of its tags must be there, none of those that it excludes."""
    assert is_taken is reach.takes(tags, model)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"model": "lamp", "tags": ["a"]}, "name one of the two"),
        ({"model": "lamp", "not_tags": ["a"]}, "name one of the two"),
        ({"not_tags": ["a"]}, "needs at least one tag"),
        ({"tags": ["a", "b"], "not_tags": ["b"]}, 'Tag "b" is both named and excluded'),
        ({"tags": [f"t{n}" for n in range(9)]}, "at most 8 tags"),
        ({"tags": ["a"], "not_tags": [f"t{n}" for n in range(9)]}, "at most 8"),
        ({"tags": ["A"]}, "is no tag"),
        ({"model": "Lamp"}, "is no name of a model"),
        ({"model": ""}, "is no name of a model"),
    ],
)
def test_a_reach_that_is_refused(given: dict[str, object], message: str) -> None:
    """A reach is exactly one of: all devices, those of a model, those with some tags."""
    with pytest.raises(ValidationFailed, match=message):
        Reach(**given)  # type: ignore[arg-type]


def test_a_tag_counts_once() -> None:
    """As in the labels of a device, in any order."""
    assert Reach(tags=["b", "a", "b"]) == Reach(tags=["a", "b"])
    assert [ReachKind.FLEET, ReachKind.MODEL, ReachKind.TAGGED] == [
        reach.kind for reach in (EVERYTHING, Reach(model="m"), Reach(tags=["a"]))
    ]


def test_a_reach_in_words() -> None:
    """As messages show it."""
    assert [
        "all devices",
        "devices of the model lamp",
        "devices with a and b",
        "devices with a, without c and d",
    ] == [
        str(reach)
        for reach in (
            EVERYTHING,
            Reach("lamp"),
            Reach(tags=["a", "b"]),
            Reach(tags=["a"], not_tags=["d", "c"]),
        )
    ]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layer("", 1, tags=["a"]), "is no name of a layer"),
        (lambda: layer("-a", 1, tags=["a"]), "is no name of a layer"),
        (lambda: layer("A", 1, tags=["a"]), "is no name of a layer"),
        (lambda: layer("a\n", 1, tags=["a"]), "is no name of a layer"),
        (lambda: layer("x" * 64, 1, tags=["a"]), "is no name of a layer"),
        (lambda: layer("order"), "a path of the API has this word"),
        (lambda: layer("a", tags=["a"]), "needs a rank from 1 to 1000000"),
        (lambda: layer("a", 0, tags=["a"]), "from 1 to 1000000, not 0"),
        (lambda: layer("a", -1, tags=["a"]), "from 1 to 1000000, not -1"),
        (lambda: layer("a", MAX_RANK + 1, tags=["a"]), "from 1 to 1000000, not 1000001"),
        (lambda: layer("a", 1), "A layer for all devices has no rank"),
        (lambda: layer("a", 1, model="lamp"), "A layer for devices of the model lamp has no rank"),
    ],
)
def test_a_layer_that_is_refused(make: Callable[[], Layer], message: str) -> None:
    """By its name, or by a rank that does not fit its reach."""
    with pytest.raises(ValidationFailed, match=message):
        make()


def test_the_longest_name() -> None:
    """A name has up to 63 characters."""
    assert "x" * 63 == layer("x" * 63).name


@pytest.mark.parametrize(
    "make",
    [
        lambda: LayerDefinition("{}", EVERYTHING),  # type: ignore[arg-type]
        lambda: LayerDefinition(content(), None),  # type: ignore[arg-type]
        lambda: LayerDefinition(content(), Reach(tags=["a"]), "1"),  # type: ignore[arg-type]
        lambda: LayerDefinition(content(), Reach(tags=["a"]), True),
        lambda: LayerDefinition(content(), EVERYTHING, enabled=1),  # type: ignore[arg-type]
        lambda: Reach(tags="a"),
        lambda: Reach(model=1),  # type: ignore[arg-type]
    ],
)
def test_arguments_of_another_kind(make: Callable[[], object]) -> None:
    """They are defects of the calling program."""
    with pytest.raises(TypeError):
        make()


def test_an_order_of_more_layers_than_there_can_be() -> None:
    """It is refused before its names are looked at."""
    with pytest.raises(ValidationFailed, match="at most 200 layers, and the order names 201"):
        OrderLayers(["No name"] * (MAX_LAYERS + 1))


@pytest.mark.parametrize(
    ("pair", "error", "message"),
    [
        ([layer("x"), layer("y", enabled=False)], PlaceTaken, "only one fleet layer can exist"),
        ([layer("x", model="m"), layer("y", model="m")], PlaceTaken, 'reach the model "m"'),
        ([layer("x", 7, tags=["a"]), layer("y", 7, tags=["b"])], PlaceTaken, "both have rank 7"),
        ([layer(f"l{n}", n + 1, tags=["a"]) for n in range(MAX_LAYERS + 1)], Unprocessable, "would be 201"),
    ],
)
def test_layers_that_cannot_be_together(pair: list[Layer], error: type[IotConfigError], message: str) -> None:
    """No two of them tie, not even while one is disabled."""
    with pytest.raises(error, match=message):
        check_together(pair)


def test_layers_that_can_be_together() -> None:
    """One fleet layer, one for each model, and those of tags by their ranks; 200 at most."""
    layers = [layer("x"), layer("y", model="m"), layer("z", model="n"), layer("v", 1, tags=["a"])]
    check_together([*layers, *(layer(f"l{n}", n + 2, tags=["a"]) for n in range(MAX_LAYERS - 4))])


@given(
    st.lists(
        st.builds(
            Reach,
            tags=st.sets(st.sampled_from(TAGS[:2]), min_size=1),
            not_tags=st.sets(st.sampled_from(TAGS[2:])),
        ),
        max_size=6,
    ),
    st.sets(st.sampled_from(TAGS)),
    st.sampled_from([None, "m", "n"]),
    st.lists(st.booleans(), min_size=9, max_size=9),
)
def test_the_stack_gives_what_each_layer_says(
    reaches: list[Reach], tags: set[str], model: str | None, enabled: list[bool]
) -> None:
    """The enabled layers that reach a device, and no others, in the order of all layers."""
    tagged = [evolve(layer(f"l{n}", n + 1, tags=["a"]), name=f"l{n}") for n in range(len(reaches))]
    layers = [layer("fleet"), layer("m", model="m"), layer("n", model="n")]
    layers += [
        evolve(each, definition=evolve(each.definition, reach=reach))
        for each, reach in zip(tagged, reaches, strict=True)
    ]
    layers = [
        evolve(each, definition=evolve(each.definition, enabled=is_enabled))
        for each, is_enabled in zip(layers, enabled, strict=False)
    ]

    assert [each for each in layers if each.enabled and each.reach.takes(tags, model)] == [
        *LayerStack.of(reversed(layers)).reaching(tags, model)
    ]


def test_a_stack_without_layers() -> None:
    """It reaches nothing, and is false."""
    assert (False, ()) == (bool(NO_LAYERS), NO_LAYERS.reaching(["a"], "m"))
    assert not LayerStack.of([layer("x", enabled=False)])
    assert LayerStack.of([layer("x")])
