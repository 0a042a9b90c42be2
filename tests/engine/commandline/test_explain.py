from engine.commandline.explain import explainer
from engine.execution.observed import Execution
from engine.model import (
    Argument,
    ArgumentType,
    CompiledStep,
    DataSource,
    Position,
    ResultKind,
    SecretSource,
    Source,
    Statement,
)
from engine.reporting.terminal import Terminal


def argument(text: str, source: Source, type_: ArgumentType = ArgumentType.STRING) -> Argument:
    place = Position(1, 1)
    return Argument(text, source, type_, False, None, place, place, None)


SECRET = argument("$secret", SecretSource())
PAYMENT = argument("$data.data.paymentid", DataSource(("data", "paymentid")), ArgumentType.INT)
NOTE = argument("$data.data.note", DataSource(("data", "note")))


def explain(*executions: Execution, secret: str | None = None) -> str:
    lines: list[str] = []
    observe = explainer(secret, Terminal(), lines.append)
    for execution in executions:
        observe(execution)
    return "\n".join(lines)


def execution(
    sql: str = "select 1",
    arguments: tuple[Argument, ...] = (),
    parameters: tuple[int, ...] = (),
    values: tuple[object, ...] = (),
    *,
    found: int | None = 1,
    name: str | None = None,
) -> Execution:
    step = CompiledStep(name, ResultKind.ONE, True, Statement(sql, parameters, ()), arguments, 12)
    rows = None if found is None else [(number,) for number in range(found)]
    return Execution("definitions/a.xml", step, values, rows, 0.00123)


def test_a_step_is_told_as_it_was_sent() -> None:
    shown = explain(
        execution("\n  select $1\n\tfrom t\n", (SECRET, PAYMENT, NOTE), (1, 2), (18142, "Å 'x'")),
        execution(name="lines", found=0),
    )
    assert shown == (
        "step 1, definitions/a.xml:12\n"
        "    select $1\n"
        "  \tfrom t\n"
        "  $1 = 18142  ($data.data.paymentid, int)\n"
        "  $2 = \"Å 'x'\"  ($data.data.note, string)\n"
        "  $secret = ***  (never sent: NULL stands in its place until the body is filled)\n"
        "  1 row in 1.2 ms\n"
        "step 2 (lines), definitions/a.xml:12\n"
        "  select 1\n"
        "  0 rows in 1.2 ms"
    )


def test_a_hole_that_is_bound_is_masked() -> None:
    assert "$1 = ***  ($secret, string)" in explain(execution(arguments=(SECRET,), parameters=(0,), values=(None,)))


def test_a_value_that_is_the_secret_is_masked_too() -> None:
    shown = explain(execution(arguments=(NOTE,), parameters=(0,), values=("canary",)), secret="canary")
    assert "canary" not in shown
    assert "$1 = ***  ($data.data.note, string)" in shown


def test_null_is_null_with_and_without_a_secret() -> None:
    step = execution(arguments=(NOTE,), parameters=(0,), values=(None,))
    assert "$1 = NULL " in explain(step)
    assert "$1 = NULL " in explain(step, secret="canary")


def test_a_failure_is_told_with_its_time() -> None:
    assert explain(execution(found=None)).endswith("failed after 1.2 ms")


def test_long_and_hostile_values_do_no_harm() -> None:
    shown = explain(execution("select '\x1b[2J'", (NOTE, NOTE), (0, 1), ("x" * 5000, "\x1b[2J\n\u202e")))
    assert "... (5002 characters)" in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert len(shown.splitlines()) == 5
