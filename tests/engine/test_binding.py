from decimal import Decimal

import pytest

from engine.binding import Binder
from engine.errors import BindingError
from engine.model import (
    Argument,
    ArgumentType,
    CompiledDefinition,
    CompiledStep,
    DataSource,
    Definition,
    Position,
    ResultKind,
    SecretSource,
    Source,
    Statement,
    StepSource,
)

HERE = Position(7, 3)


def argument(
    source: Source, type_: ArgumentType = ArgumentType.INT, *, nullable: bool = False, default: str | None = None
) -> Argument:
    match source:
        case SecretSource():
            text = "$secret"
        case DataSource(path):
            text = "$data" + "".join(f".{part}" if isinstance(part, str) else f"[{part}]" for part in path)
        case StepSource(step, column):
            text = f"$steps.{step}.{column}"
    return Argument(text, source, type_, nullable, default, HERE, HERE, None)


def binder(*steps: list[Argument], order: tuple[int, ...] | None = None) -> Binder:
    compiled = tuple(
        CompiledStep(
            f"step{index}" if index else None,
            ResultKind.ONE,
            True,
            Statement("", order or tuple(n for n, a in enumerate(step) if not isinstance(a.source, SecretSource)), ()),
            tuple(step),
            5,
        )
        for index, step in enumerate(steps)
    )
    definition = Definition("webhook", "refund", None, (), None, "refund.xml", "0" * 64, HERE)
    return Binder(CompiledDefinition(definition, compiled, None))


def data(*path: str | int, **options: object) -> Argument:
    return argument(DataSource(("data", *path)), **options)  # type: ignore[arg-type]


def test_values_come_in_the_statements_order() -> None:
    bound = binder([data("a"), data("b")], order=(1, 0, 1)).bind({"data": {"a": "1", "b": "2"}})
    assert bound == [[2, 1, 2]]


def test_the_secret_is_not_bound() -> None:
    assert binder([argument(SecretSource(), ArgumentType.STRING), data("a")]).bind({"data": {"a": "1"}}) == [[1]]


@pytest.mark.parametrize(
    ("path", "message", "expected"),
    [
        (("data", "a", "b"), {"data": {"a": {"b": "5"}}}, 5),
        (("data", "a", 1), {"data": {"a": ["4", "5"]}}, 5),
        (("data", 0, "a"), {"data": [{"a": 5}]}, 5),
        (("sequence",), {"sequence": 5}, 5),
    ],
)
def test_a_path_is_followed(path: tuple[str | int, ...], message: dict[str, object], expected: int) -> None:
    assert binder([argument(DataSource(path))]).bind(message) == [[expected]]


@pytest.mark.parametrize("message", [{"data": {}}, {"data": None}, {"data": "a"}, {"data": ["a"]}, {}, {"data": 7}])
def test_an_absent_path_takes_the_default(message: dict[str, object]) -> None:
    assert binder([data("a", default="7")]).bind(message) == [[7]]
    with pytest.raises(BindingError, match=r"\$data\.data\.a, int\) is absent"):
        binder([data("a")]).bind(message)


def test_an_index_never_cuts_a_string() -> None:
    with pytest.raises(BindingError, match="absent"):
        binder([data("a", 0)]).bind({"data": {"a": "5"}})
    with pytest.raises(BindingError, match="absent"):
        binder([data("a", 2)]).bind({"data": {"a": ["5"]}})


def test_null_needs_nullable_and_never_takes_the_default() -> None:
    assert binder([data("a", nullable=True)]).bind({"data": {"a": None}}) == [[None]]
    with pytest.raises(BindingError, match=r"is null; .*nullable"):
        binder([data("a", default="7")]).bind({"data": {"a": None}})


def test_all_faults_of_all_steps_are_reported_together_without_values() -> None:
    with pytest.raises(BindingError) as caught:
        binder([data("a"), data("b")], [data("c", type_=ArgumentType.GUID)]).bind(
            {"data": {"a": "canary-1", "c": "canary-2"}}
        )
    error = caught.value
    assert error.faults == (
        "step 1, argument 1 ($data.data.a, int) is not an int (digits with an optional minus sign)",
        "step 1, argument 2 ($data.data.b, int) is absent from the message",
        "step step1, argument 1 ($data.data.c, guid) is not a guid (8-4-4-4-12 hexadecimal digits)",
    )
    assert (error.definition, error.file, error.line, error.argument) == ("refund", "refund.xml", 7, 1)
    assert error.step == "1"
    assert not error.retryable
    assert "canary" not in str(error)
    assert error.__cause__ is None


def test_a_step_feeds_a_later_one_regardless_of_case() -> None:
    bound = binder([data("a")], [argument(StepSource("First", "Amount"), ArgumentType.DECIMAL), data("b")])
    values = bound.bind({"data": {"a": 1, "b": 2}})
    assert values == [[1], [None, 2]]
    assert bound.bind_step(1, values[1], {"first": {"amount": Decimal("1.50")}}) == [Decimal("1.50"), 2]


def test_an_optional_step_without_a_row_gives_null() -> None:
    source = StepSource("first", "amount")
    nullable = binder([], [argument(source, nullable=True)])
    assert nullable.bind_step(1, [None], {"first": None}) == [None]
    with pytest.raises(BindingError, match="found no row"):
        binder([], [argument(source)]).bind_step(1, [None], {"first": None})
    with pytest.raises(BindingError, match="is null"):
        binder([], [argument(source)]).bind_step(1, [None], {"first": {"amount": None}})
    with pytest.raises(BindingError, match="is not an int"):
        binder([], [argument(source)]).bind_step(1, [None], {"first": {"amount": Decimal("1.5")}})
