"""Every address says who may open it."""

from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver

from clinic.accounts.roles import GRANTS, Permission, Role
from clinic.gate import LIBRARY_VIEWS, MARK


def routes(resolver: URLResolver | None = None, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every route by its full name."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from routes(entry, inner)
        else:
            yield f"{namespace}{entry.name or ''}", entry


def test_every_route_has_a_name() -> None:
    assert [str(route.pattern) for name, route in routes() if not name or name.endswith(":")] == []


def test_no_two_routes_share_a_name() -> None:
    names = [name for name, _route in routes()]
    assert sorted(names) == sorted(set(names))


def test_every_route_has_a_policy_mark() -> None:
    unmarked = [name for name, route in routes() if not hasattr(route.callback, MARK) and name not in LIBRARY_VIEWS]
    assert unmarked == []


def test_no_name_or_number_of_a_person_in_an_address() -> None:
    """Patients and their records are named by an address that nobody can guess."""
    guessable = [
        name
        for name, route in routes()
        if name.startswith("logbook:") and set(route.pattern.converters) - {"uid", "kind", "code"}
    ]
    assert guessable == []


def test_every_role_has_its_grants() -> None:
    assert set(GRANTS) == set(Role.values)
    granted = frozenset().union(*GRANTS.values())
    assert granted == frozenset(Permission)
