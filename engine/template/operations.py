"""What a template's operators do with canonical values.

Every operation is total: it gives a canonical value or raises OperationError, whose message names kinds and no value.
Null is SQL's: arithmetic with it gives null, an ordering with it is false; joined by `~` it is empty text. Numbers are
ints and decimals, reckoned exactly; a float counts by its shortest digits. A division keeps 38 digits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, Inexact, InvalidOperation, Overflow
from math import isfinite
from typing import Final

from engine.encoding import HOLE, canonical, encode
from engine.errors import EncodingError

_SCALAR_TYPES: Final = {str, int, bool, float, type(None)}
_SHORT: Final = 2**63
_CONTAINERS: Final = (Mapping, list, tuple)
_MAX_SCALE: Final = 38  # SQL Server's greatest
_MAX_DIGITS: Final = 4000
_TOO_LONG: Final = 10**_MAX_DIGITS
_EXACT: Final = Context(prec=_MAX_DIGITS, traps=[InvalidOperation, Overflow, Inexact])
_HALF_UP: Final = Context(prec=_MAX_DIGITS, rounding=ROUND_HALF_UP, traps=[InvalidOperation, Overflow])
_QUOTIENT: Final = Context(prec=_MAX_SCALE, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, Overflow])


class OperationError(Exception):
    """The operation has no result for values of these kinds."""


def settled(value: object) -> object:
    """A value of the event message as a canonical value; arrays and objects stay as they are until they are written."""
    if type(value) in _SCALAR_TYPES or isinstance(value, _CONTAINERS):
        return value
    try:
        return canonical(value)
    except EncodingError as error:
        raise OperationError(error.message) from None


def text_of(value: object) -> str:
    """The text of a scalar: strings as they are, null empty, anything else as its JSON is written."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if type(value) is int and abs(value) < _SHORT:
        return str(value)
    if value is HOLE or isinstance(value, _CONTAINERS):
        raise OperationError(f"{kind_of(value)} has no text")
    try:
        (text,) = encode(value)
    except EncodingError as error:
        raise OperationError(error.message) from None
    return text.decode()


def number_of(value: object) -> int | Decimal:
    """The number that the value is."""
    if isinstance(value, int) and not isinstance(value, bool):
        if not -_TOO_LONG < value < _TOO_LONG:
            raise OperationError(f"a number of more than {_MAX_DIGITS} digits is not reckoned with")
        return value
    if isinstance(value, float) and isfinite(value):
        return Decimal(repr(value))
    if isinstance(value, Decimal) and value.is_finite():
        return value
    raise OperationError(f"{kind_of(value)} is no number")


def add(left: object, right: object) -> object:
    """The sum of numbers, or two texts joined."""
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    if left is None or right is None:
        return None
    augend, addend = number_of(left), number_of(right)
    if isinstance(augend, int) and isinstance(addend, int):
        return augend + addend
    return _bounded(_EXACT.add, augend, addend)


def subtract(left: object, right: object) -> object:
    """The difference of numbers."""
    return add(left, negate(right))


def divide(left: object, right: object) -> object:
    """The quotient, always a decimal: `7 / 2` is 3.5."""
    if left is None or right is None:
        return None
    dividend, divisor = number_of(left), number_of(right)
    if not divisor:
        raise OperationError("division by zero")
    return _bounded(_QUOTIENT.divide, dividend, divisor)


def divide_down(left: object, right: object) -> int | None:
    """The quotient rounded down to an int: `-7 // 2` is -4."""
    if left is None or right is None:
        return None
    dividend, divisor = number_of(left), number_of(right)
    if not divisor:
        raise OperationError("division by zero")
    above, below = Decimal(dividend).as_integer_ratio()
    other_above, other_below = Decimal(divisor).as_integer_ratio()
    return (above * other_below) // (below * other_above)


def negate(value: object) -> object:
    """The number with the other sign."""
    if value is None:
        return None
    number = number_of(value)
    return -number if isinstance(number, int) else _bounded(_EXACT.subtract, 0, number)


def round_half_up(value: object, digits: object) -> Decimal | None:
    """The decimal with that many digits after the point (at most 38), a half rounded away from zero."""
    if value is None:
        return None
    if not isinstance(digits, int) or not 0 <= digits <= _MAX_SCALE:
        raise OperationError(f"digits after the point are counted from 0 to {_MAX_SCALE}")
    return _bounded(_HALF_UP.quantize, number_of(value), Decimal((0, (1,), -digits)))


def equal(left: object, right: object) -> bool:
    """Equality of scalars; numbers by value, so that 1 is 1.00. Rows and arrays equal nothing but are no error."""
    scalar = type(left) in _SCALAR_TYPES or not isinstance(left, _CONTAINERS)
    return scalar and (type(right) in _SCALAR_TYPES or not isinstance(right, _CONTAINERS)) and bool(left == right)


def less(left: object, right: object) -> bool:
    """Order of two numbers or of two texts, these by code point; false where either is null."""
    if left is None or right is None:
        return False
    if isinstance(left, str) and isinstance(right, str):
        return left < right
    if isinstance(left, str) or isinstance(right, str):
        raise OperationError(f"{kind_of(left)} and {kind_of(right)} have no order")
    return number_of(left) < number_of(right)


def less_or_equal(left: object, right: object) -> bool:
    """`less`, or two equal numbers or texts; false where either is null."""
    return left is not None and right is not None and not less(right, left)


def contains(item: object, container: object) -> bool:
    """Whether a text has the part, or an array the item; false where the container is null."""
    if container is None:
        return False
    if isinstance(container, str) and isinstance(item, str):
        return item in container
    if isinstance(container, list | tuple):
        return any(equal(item, other) for other in container)
    raise OperationError(f"{kind_of(container)} cannot contain {kind_of(item)}")


def kind_of(value: object) -> str:
    """The value's kind in words, for messages."""
    match value:
        case None:
            return "null"
        case bool():
            return "a truth value"
        case float() if not isfinite(value):
            return "NaN or an infinity"
        case int() | float() | Decimal():
            return "a number"
        case str():
            return "text"
        case Mapping():
            return "a row or object"
        case list() | tuple():
            return "rows or an array"
    return "the secret"


def _bounded(operation: Callable[[Decimal, Decimal], Decimal], left: int | Decimal, right: int | Decimal) -> Decimal:
    try:
        return operation(Decimal(left), Decimal(right))
    except ArithmeticError:
        raise OperationError("the result has too many digits") from None
