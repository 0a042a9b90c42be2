from engine.testing.difference import difference

EXPECTED = b'{"invoice":"765","paid":123.00,"lines":[1,2,3],"secret":"mySecret"}'


def test_equal_bytes_have_none() -> None:
    assert difference(EXPECTED, EXPECTED) == ()


def test_a_value_that_differs_is_shown_with_its_surroundings() -> None:
    lines = difference(EXPECTED, EXPECTED.replace(b"123.00", b"123.0"))
    assert lines[:2] == ("--- expected", "+++ composed")
    assert '-  "paid": 123.00,' in lines
    assert '+  "paid": 123.0,' in lines
    assert '   "invoice": "765",' in lines


def test_the_order_of_members_is_kept() -> None:
    assert difference(b'{"b":1,"a":2}', b'{"a":2,"b":1}')[2:] == (
        "@@ -1,4 +1,4 @@",
        " {",
        '-  "b": 1,',
        '-  "a": 2',
        '+  "a": 2,',
        '+  "b": 1',
        " }",
    )


def test_equal_json_of_other_bytes_is_told_by_the_offset() -> None:
    assert difference(b'{"a":1}\n', b'{"a":1}') == (
        "The JSON is equal, the bytes are not; the first difference is at byte 7:",
        '  expected {"a":1} >>> \\n',
        '  composed {"a":1} >>> (the end)',
    )
    assert "at byte 5:" in difference(b'{"a": 1}', b'{"a":1}')[0]


def test_what_is_no_json_is_shown_as_it_is() -> None:
    assert "-not json \\xff" in difference(b"not json \xff", b"{}")
    assert "at byte 0:" not in difference(b"", b"{}")[0]


def test_the_secret_is_masked_and_offsets_stay_true() -> None:
    lines = difference(EXPECTED, EXPECTED.replace(b"765", b"766"), "mySecret")
    assert "mySecret" not in "\n".join(lines)
    assert '   "secret": "********"' in difference(EXPECTED, EXPECTED.replace(b"3]", b"4]"), "mySecret")
    cut = difference(EXPECTED + b" ", EXPECTED, "mySecret")
    assert f"at byte {len(EXPECTED)}:" in cut[0]
    assert "mySecret" not in "\n".join(cut)
    assert '  composed lines":[1,2,3],"secret":' not in cut


def test_a_short_secret_masks_whole_strings_only() -> None:
    lines = difference(b'{"a":"1","b":11}', b'{"a":"1","b":12}', "1")
    assert '   "a": "*",' in lines
    assert '-  "b": 11' in lines


def test_a_secret_that_json_escapes_is_masked() -> None:
    lines = difference(b'{"a":1,"s":"x\\"y"}', b'{"a":2,"s":"x\\"y"}', 'x"y')
    assert '   "s": "****"' in lines


def test_a_long_difference_is_cut() -> None:
    lines = difference(b"[" + b"1," * 900 + b"1]", b"[" + b"2," * 900 + b"1]")
    assert len(lines) == 201
    assert lines[-1] == "(more lines differ)"
