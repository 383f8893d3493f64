"""What an ingest is given, told from what is there."""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from reseen.domain.bank import Hash
from reseen.domain.errors import InvalidValue
from reseen.domain.fingerprint import MD5
from reseen.media import lists
from reseen.media.listings import listed

PDQ = "0f" * 32
SHA = "ab" * 32
MD5_HEX = "cd" * 16


def items(*arguments: Path | str) -> list[dict[str, Any]]:
    return [dict(one) for one in listed(tuple(map(str, arguments)))]


def items_of(path: Path, text: str | bytes) -> list[dict[str, Any]]:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return items(path)


def errors(found: Sequence[dict[str, Any]]) -> dict[str, str]:
    return {one["name"]: one["error"]["detail"] for one in found if "error" in one}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.jpg", "a/z.mp4", "a/y.mp4", ".hidden.jpg", ".git/x.jpg", "c/d/e.png"):
        path = tmp_path / "media" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\xff\xd8\xff")
    return tmp_path / "media"


def test_a_folder_is_walked_in_the_order_of_names_without_what_is_hidden(folder: Path) -> None:
    names = [Path(one["path"]).relative_to(folder).as_posix() for one in items(folder)]
    assert names == ["a/y.mp4", "a/z.mp4", "b.jpg", "c/d/e.png"]


def test_a_file_keeps_the_name_that_it_was_given_by(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    assert items("media/b.jpg") == [{"path": str(folder / "b.jpg"), "name": "media/b.jpg"}]
    assert items("media/a")[0] == {"path": str(folder / "a/y.mp4"), "name": "media/a/y.mp4"}


def test_links_are_not_followed_out_nor_round(folder: Path) -> None:
    outside = folder.parent / "outside"
    outside.mkdir()
    (outside / "secret.jpg").write_bytes(b"x")
    (folder / "link.jpg").symlink_to(outside / "secret.jpg")
    (folder / "out").symlink_to(outside)
    (folder / "a" / "round").symlink_to(folder)
    (folder / "dangling").symlink_to(folder / "nothing")
    assert len(items(folder)) == 4


def test_what_is_no_plain_file_is_left_out_of_a_folder(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    assert len(items(folder)) == 4


def test_a_folder_that_is_a_link_is_what_was_asked_for(folder: Path) -> None:
    link = folder.parent / "link"
    link.symlink_to(folder)
    assert len(items(link)) == 4


def test_a_name_that_is_no_text_is_still_a_file(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.jpg")
    path.write_bytes(b"\xff\xd8\xff")
    [one] = items(tmp_path)
    assert one["name"].endswith("caf\\xe9.jpg")
    json.dumps(one, ensure_ascii=False).encode()
    assert "path_bytes" in one


def test_what_is_not_there_is_an_item_that_will_fail(tmp_path: Path) -> None:
    assert items(tmp_path / "nothing.jpg")[0]["path"] == str(tmp_path / "nothing.jpg")


def test_a_folder_that_may_not_be_read_is_an_error_and_the_others_come(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = os.scandir

    def refusing(path: Path) -> Iterator[os.DirEntry[str]]:
        if Path(path).name == "a":
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refusing)  # as root nothing is refused
    found = items(folder)
    assert [one.get("error", {}).get("code") for one in found] == ["invalid_request", None, None]


def test_a_url_is_a_medium() -> None:
    assert items("https://example.org/a.jpg") == [{"url": "https://example.org/a.jpg"}]


def test_a_list_of_urls_has_an_item_a_line(tmp_path: Path) -> None:
    text = "# picked by hand\n\nhttps://example.org/1\r\nHTTP://example.org/2 \nnot a url\n"
    found = items_of(tmp_path / "urls.txt", text)
    assert [one.get("url") for one in found] == [
        "https://example.org/1",
        "HTTP://example.org/2",
        None,
    ]
    assert found[2]["name"].endswith("urls.txt, line 5")


def test_csv_is_told_from_its_columns(tmp_path: Path) -> None:
    text = (
        "\ufeffName;PDQ;MD5;Labels;Note;Source\n"
        f'one;{PDQ.upper()};{MD5_HEX};a|b;"said; twice";list 7\n'
        f";;{MD5_HEX};;;\n"
    )
    one, other = items_of(tmp_path / "hashes", text)
    assert one == {
        "name": "one",
        "hashes": {"pdq": PDQ, "md5": MD5_HEX},
        "labels": ["a", "b"],
        "note": "said; twice",
        "provenance": {"source": "list 7"},
    }
    assert other["hashes"] == {"md5": MD5_HEX}
    assert other["name"].endswith("hashes, line 3")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_any_usual_delimiter_does(tmp_path: Path, delimiter: str) -> None:
    text = f"id{delimiter}sha256\nx{delimiter}{SHA}\n"
    assert items_of(tmp_path / "l", text) == [{"name": "x", "hashes": {"sha256": SHA}}]


def test_json_lines_may_hold_hashes_beside_or_inside(tmp_path: Path) -> None:
    lines = [
        {"pdq": PDQ, "labels": ["x"], "provenance": {"list": 3}, "seen": 4},
        {"name": "n", "hashes": {"MD5": MD5_HEX}},
        {"url": "https://example.org/a", "note": "a note"},
    ]
    found = items_of(tmp_path / "l", "\n".join(map(json.dumps, lines)))
    assert found[0]["provenance"] == {"list": 3, "seen": 4}
    assert found[0]["labels"] == ["x"]
    assert found[1] == {"name": "n", "hashes": {"md5": MD5_HEX}}
    assert found[2] == {"url": "https://example.org/a", "note": "a note"}


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[1]",
        "[" * 100_000,
        '{"pdq": "xyz"}',
        '{"pdq": 5}',
        f'{{"labels": 5, "pdq": "{PDQ}"}}',
        f'{{"labels": [{{}}], "pdq": "{PDQ}"}}',
        f'{{"name": "\\ud800", "pdq": "{PDQ}"}}',
        f'{{"note": "\\u0000", "pdq": "{PDQ}"}}',
        f'{{"provenance": {{"a": ["\\u0000"]}}, "pdq": "{PDQ}"}}',
        f'{{"provenance": 5, "pdq": "{PDQ}"}}',
        '{"url": "file:///etc/passwd"}',
        '{"path": "/etc/passwd"}',
        '{"name": "only"}',
        "{}",
    ],
)
def test_a_bad_line_costs_itself_alone(tmp_path: Path, line: str) -> None:
    good = json.dumps({"md5": MD5_HEX})
    found = items_of(tmp_path / "l", f"{good}\n{line}\n{good}\n")
    assert ["error" in one for one in found] == [False, True, False]
    assert found[1]["name"].endswith("l, line 2")
    json.dumps(found, ensure_ascii=False).encode()


def test_a_quote_that_is_not_closed_costs_its_line(tmp_path: Path) -> None:
    rows = [f"n{k},{MD5_HEX}" for k in range(100)]
    rows[3] = f'"n3,{MD5_HEX}'
    found = items_of(tmp_path / "l", "\n".join(["name,md5", *rows]))
    assert [k for k, one in enumerate(found) if "error" in one] == [3]
    assert len(found) == 100


def test_a_quoted_cell_may_hold_a_line_break(tmp_path: Path) -> None:
    text = f'note,md5\n"two\nlines",{MD5_HEX}\nplain,{MD5_HEX}\n'
    found = items_of(tmp_path / "l", text)
    assert [one["note"] for one in found] == ["two\nlines", "plain"]
    assert found[1]["name"].endswith("line 4")


def test_a_line_with_too_many_cells_is_an_error(tmp_path: Path) -> None:
    found = items_of(tmp_path / "l", f"md5,name\n{MD5_HEX},a,b\n")
    assert "3 cells" in errors(found)[found[0]["name"]]


def test_64_bare_digits_are_asked_about(tmp_path: Path) -> None:
    found = items_of(tmp_path / "l", f"{PDQ}\n{MD5_HEX}\nsha256:{SHA}\n")
    assert "PDQ or SHA-256" in found[0]["error"]["detail"]
    assert [one.get("hashes") for one in found[1:]] == [{"md5": MD5_HEX}, {"sha256": SHA}]


def test_spreadsheets_may_write_utf_16(tmp_path: Path) -> None:
    text = f"name\tmd5\nMünchen\t{MD5_HEX}\n".encode("utf-16")
    assert items_of(tmp_path / "l", text) == [{"name": "München", "hashes": {"md5": MD5_HEX}}]


def test_a_line_in_another_encoding_is_told_of(tmp_path: Path) -> None:
    text = f"name,md5\nMünchen,{MD5_HEX}\nBerlin,{MD5_HEX}\n".encode("latin-1")
    found = items_of(tmp_path / "l", text)
    assert ["error" in one for one in found] == [True, False]
    assert "UTF-8" in found[0]["error"]["detail"]


def test_a_line_without_end_is_not_held_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "LINE", 100)
    found = items_of(tmp_path / "l", f"md5\n{'x' * 1000}\n{MD5_HEX}\n")
    assert ["error" in one for one in found] == [True, False]
    assert found[1]["hashes"] == {"md5": MD5_HEX}


def test_text_that_is_no_list_is_refused_once(tmp_path: Path) -> None:
    [one] = items_of(tmp_path / "l", "Dear all,\nplease find\n")
    assert one["error"]["code"] == "unsupported_media"


def test_media_are_no_lists_whatever_they_are_called(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    assert items_of(path, b"\xff\xd8\xff\xe0 and so on") == [{"path": str(path), "name": str(path)}]


def test_an_empty_file_is_a_file(tmp_path: Path) -> None:
    assert "path" in items_of(tmp_path / "l", b"")[0]


def test_a_list_is_read_as_it_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "l"
    path.write_text("md5\n" + f"{MD5_HEX}\n" * 10_000)
    first = next(listed((str(path), "https://example.org")))
    assert first["hashes"] == {"md5": MD5_HEX}


def test_a_hash_is_its_digits() -> None:
    assert Hash.parse("md5", MD5_HEX.upper()) == Hash(MD5, bytes.fromhex(MD5_HEX))
    for kind, code in (("md5", PDQ), ("sha1", MD5_HEX), ("md5", "g" * 32), ("md5", "\u0660" * 32)):
        with pytest.raises(InvalidValue):
            Hash.parse(kind, code)
