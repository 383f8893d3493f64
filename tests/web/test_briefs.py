"""Cases at a glance, covers of their media, and what they matched, over a real socket."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from tests.web.desking import Office, every, refused
from tests.web.serving import Running

from reseen.domain.access import Role


def test_a_brief_is_the_case_with_all_that_is_to_be_seen_of_it(office: Office) -> None:
    uploads = office.reported(copies=(1, 2, 3))
    case = office.case(uploads[0])
    told = office.read(f"/v1/briefs/{case['id']}")
    assert told["case"] == case
    assert told["cluster"]["members"] == office.cluster(uploads[0])["members"]
    assert (told["medium"], told["holder"], told["proposal"]) == ("image", "", None)
    assert told["upload"]["media_kept"]
    assert told["upload"]["id"] in [one["id"] for one in uploads]
    assert told["upload"]["reasons"][0]["rule"]
    assert told["upload"]["reference_id"] == told["cluster"]["representative"]["reference_id"]
    arrivals = told["arrivals"]
    assert (len(arrivals["counts"]), sum(arrivals["counts"])) == (24, 3)
    assert arrivals["since"] <= arrivals["until"]
    refused(office.server.get("/v1/briefs/cas_none", key=office.ann), 404, "not_found")


def test_briefs_are_listed_as_the_queue_is(office: Office) -> None:
    office.reported()
    cases = [one["id"] for one in every(office, "/v1/cases", state="open")]
    assert [one["case"]["id"] for one in every(office, "/v1/briefs", state="open")] == cases


def test_a_brief_says_who_works_on_it_and_what_waits_for_a_second_person(office: Office) -> None:
    (upload,) = office.reported()
    case = office.case(upload)
    key = office.server.keys.create(Role.REVIEWER, "Nora's key").secret
    assert office.act(f"/v1/cases/{case['id']}/take", key).status_code == 200
    assert office.read(f"/v1/briefs/{case['id']}")["holder"] == "Nora's key"

    seed = office.seed()
    office.two_people(office.known(seed))
    second = office.upload(seed, 1)
    made = office.decided(second)
    told = office.read(f"/v1/briefs/{office.case(second)['id']}")
    assert told["proposal"]["id"] == made["id"]
    assert told["case"]["two_person"]


def test_a_cover_shows_nothing_and_is_no_look(office: Office) -> None:
    (upload,) = office.reported()
    path = f"/v1/uploads/{upload['id']}/cover"
    for query, mode in (("", "L"), ("?colour=true", "RGB")):
        answer = office.server.get(path + query, key=office.ann)
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.headers["Cache-Control"] == "no-store"
        cover = Image.open(BytesIO(answer.content))
        assert (cover.mode, max(cover.size)) == (mode, 96)
        grey = np.asarray(cover.convert("L"), np.float64)
        few = np.asarray(cover.convert("L").resize((16, 12), Image.Resampling.BOX), np.float64)
        many = np.asarray(
            Image.fromarray(few.astype(np.uint8)).resize(cover.size, Image.Resampling.BICUBIC),
            np.float64,
        )
        assert np.abs(grey - many).mean() < 6  # sixteen fields hold all that there is
    asked = {"subject": upload["id"], "what": "media.read"}
    assert office.server.manage("GET", "/v1/audit", params=asked).json()["data"] == []


def test_covers_are_for_who_reviews_and_of_what_is_kept(server: Running, office: Office) -> None:
    (upload,) = office.reported()
    refused(server.get(f"/v1/uploads/{upload['id']}/cover"), 403, "forbidden")
    passed = office.upload(office.seed())
    refused(server.get(f"/v1/uploads/{passed['id']}/cover", key=office.ann), 404, "not_found")
    assert not office.again(passed)["media_kept"]


def test_what_an_upload_matched_is_named_with_what_shows_it(office: Office) -> None:
    first, second = office.reported(copies=(1, 2))
    named = office.read(f"/v1/uploads/{second['id']}/counterparts")["data"]
    assert [one["reference_id"] for one in named] == list(
        dict.fromkeys(one["reference_id"] for one in second["reasons"])
    )
    assert not named[0]["media_kept"]  # it came into its bank as a file, which no bank keeps
    refused(office.server.get("/v1/uploads/upl_no/counterparts", key=office.ann), 404, "not_found")
    assert first["id"] != second["id"]


def test_what_was_decided_before_is_held_beside_what_matches_it(office: Office) -> None:
    (first,) = office.reported()
    made = office.decided(first)
    (reference,) = [o["subject"] for o in made["consequences"] if o["kind"] == "reference"]
    office.server.searchable(reference)
    sent = office.upload(int(first["content_id"].split("-")[1]), 2)
    named = office.read(f"/v1/uploads/{sent['id']}/counterparts")["data"]
    shown = {one["reference_id"]: one["upload_id"] for one in named}
    assert shown[reference] == first["id"]


def test_two_kept_uploads_are_compared_and_nobody_has_looked(office: Office) -> None:
    first, second = office.reported(copies=(1, 2))
    path = f"/v1/uploads/{first['id']}/comparison"
    told = office.read(path, other=second["id"])
    assert (told["match"], told["media_type"]) == (True, "image")
    assert "transform" in told
    refused(office.server.get(path, key=office.ann, params={"other": "upl_no"}), 404, "not_found")
    refused(office.server.get(path, params={"other": second["id"]}), 403, "forbidden")
    asked = {"subject": first["id"], "what": "media.read"}
    assert office.server.manage("GET", "/v1/audit", params=asked).json()["data"] == []


def test_members_say_where_they_can_be_seen(office: Office) -> None:
    uploads = office.reported(copies=(1, 2))
    members = every(office, f"/v1/clusters/{uploads[0]['cluster_id']}/members")
    shown = {one["upload_id"]: one for one in members if one["is_upload"]}
    assert set(shown) == {one["id"] for one in uploads}
    assert all(one["media_kept"] and one["account_id"] for one in shown.values())
    assert [one["upload_id"] for one in members if not one["is_upload"]] == [None]


@pytest.mark.parametrize("path", ["", "/cas_none"])
def test_briefs_are_for_who_reviews(server: Running, path: str) -> None:
    refused(server.get(f"/v1/briefs{path}"), 403, "forbidden")
