"""What nobody can make sense of is refused in words, and never ends in an error of ours."""

from __future__ import annotations

import json

import pytest
from django.conf import settings
from django.test import Client, RequestFactory

from clarity.web import errors
from tests.web.shops import Shop

FORM = "application/x-www-form-urlencoded"
HUGE = 2**63


@pytest.fixture
def nobody(transactional_db: None) -> Client:
    """A browser whose errors are answered, as in production, not raised."""
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/enter/%00.1-2/", 400),
        ("/sign-in/?next=%00", 400),
        ("/sign-in/?%00=1", 400),
        ("/sign-in/?next=%ED%A0%80", 200),
        ("/%ff%fe/", 404),
        ("/sign-in/?q=" + "a" * 8_200, 414),
        ("/" + "a" * 8_200, 414),
    ],
)
def test_an_address_without_sense_is_refused(nobody: Client, address: str, status: int) -> None:
    assert nobody.get(address).status_code == status


def test_a_number_beyond_every_key_names_nothing(page: Client, shop: Shop) -> None:
    page.raise_request_exception = False
    slug = shop.tenant.slug
    for number in (HUGE, 10**30, "9" * 4_000):
        assert page.get(f"/t/{slug}/records/{number}/").status_code == 404
        assert page.post(f"/t/{slug}/records/{number}/replay/").status_code == 404
        assert page.get(f"{shop.live}?before={number}&page={number}").status_code == 200


@pytest.mark.parametrize("value", ["a\x00b", "\x00"])
def test_a_form_with_what_cannot_be_kept_is_refused(nobody: Client, value: str) -> None:
    for data in ({"username": value, "password": "x"}, {value: "x"}):
        assert nobody.post("/sign-in/", data).status_code == 400
    raw = nobody.post("/sign-in/", "username=%00&password=x", content_type=FORM)
    assert raw.status_code == 400


def test_bytes_that_are_no_text_are_read_as_well_as_can_be(nobody: Client) -> None:
    answer = nobody.post("/sign-in/", b"username=%ff%fe\xff&password=%c3", content_type=FORM)
    assert answer.status_code == 200
    cut = nobody.post("/sign-in/", b"--x", content_type="multipart/form-data; boundary=x")
    assert cut.status_code in (200, 400)
    odd = nobody.generic("POST", "/sign-in/", b"username=a", f"{FORM}; charset=nonsense")
    assert odd.status_code in (200, 400)


def test_a_form_has_a_limit_of_its_own(nobody: Client) -> None:
    assert settings.CLARITY_FORM_MAX_BYTES < settings.CLARITY_WEBHOOK_MAX_BYTES
    body = b"username=" + b"a" * settings.CLARITY_FORM_MAX_BYTES
    refused = nobody.post("/sign-in/", body, content_type=FORM)
    assert refused.status_code == 413
    assert "That is larger than we take" in refused.content.decode()
    # A webhook of this size is looked at: there is no such connection.
    hook = "/hooks/shopify/00000000-0000-4000-8000-000000000000/"
    assert nobody.post(hook, body, content_type="application/json").status_code == 404
    many = "&".join(f"f{number}=1" for number in range(2_001))
    assert nobody.post("/sign-in/", many, content_type=FORM).status_code == 400


def test_only_our_hosts_are_answered(nobody: Client) -> None:
    assert nobody.get("/sign-in/", headers={"host": "elsewhere.example.com"}).status_code == 400
    forwarded = {"x-forwarded-host": "elsewhere.example.com"}
    assert "elsewhere" not in nobody.get("/sign-in/", headers=forwarded).content.decode()
    # Who balances the load asks by number.
    assert nobody.get("/healthz", headers={"host": "10.1.2.3"}).status_code == 200


def test_an_error_says_nothing_of_what_was_sent_or_happened(
    nobody: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = nobody.get("/no-such-page-4711/?q=secret4712")
    assert shown.status_code == 404
    assert "4711" not in shown.content.decode()
    assert "4712" not in shown.content.decode()

    def broken(request: object) -> object:
        raise RuntimeError("hush 4713")

    monkeypatch.setattr("clarity.web.health.views.HttpResponse", broken)
    failed = nobody.get("/healthz")
    assert failed.status_code == 500
    assert "4713" not in failed.content.decode()
    assert "Something went wrong on our side" in failed.content.decode()


def test_programs_get_a_problem_and_people_a_page() -> None:
    make = RequestFactory()
    for status in (400, 403, 404, 413, 414, 429, 500):
        page = errors.answer(make.get("/x/"), status)
        assert (page.status_code, page["Content-Type"].split(";")[0]) == (status, "text/html")
        assert b"<h1>" in page.content
        problem = errors.answer(make.get("/api/v1/x"), status)
        assert problem["Content-Type"] == "application/problem+json"
        assert json.loads(problem.content)["status"] == status
    assert errors.too_many_requests(make.get("/"), after_seconds=9)["Retry-After"] == "9"


def test_every_answer_carries_the_headers(nobody: Client) -> None:
    seen = set()
    for address in ("/sign-in/", "/none/", "/healthz", "/?a=%00", "/static/clarity/app.css"):
        answer = nobody.get(address)
        policy = dict(part.split(" ", 1) for part in answer["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert policy["style-src"] == "'self'"
        assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert policy["form-action"] == "'self'"
        assert "unsafe" not in answer["Content-Security-Policy"]
        seen.add(policy["script-src"])
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["Referrer-Policy"] == "same-origin"
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "camera=()" in answer["Permissions-Policy"]
    assert len(seen) == 5, "a nonce was given twice"


def test_a_template_can_name_the_nonce_of_its_answer() -> None:
    from django.http import HttpResponse
    from django.template import engines

    from clarity.web.security_headers import middleware

    template = engines["django"].from_string('<script nonce="{{ request.csp_nonce }}"></script>')
    make = middleware(lambda request: HttpResponse(template.render({}, request)))
    answer = make(RequestFactory().get("/"))
    nonce = answer.content.decode().split('"')[1]
    assert len(nonce) >= 20
    assert f"'nonce-{nonce}'" in answer["Content-Security-Policy"]
