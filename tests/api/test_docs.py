"""docs/api.md says what there is: every address that is read, each with exactly the parameters that it knows."""

import re

from django.conf import settings

PAGING = {"cursor", "page_size"}
ROW = re.compile(r"^\| `([a-z][^` ]*/)` \| [^|]+ \| ([^|]*)\|$", re.M)
BELOW = re.compile(r"\{[a-z]+\}/$|/evidence/$")  # a record of a list is told with the list


def table() -> dict[str, set[str]]:
    """The table of addresses, with the parameters of each."""
    text = (settings.BASE_DIR / "docs" / "api.md").read_text(encoding="utf-8")
    part = text[text.index("## What there is") : text.index("## Pages")]
    return {address: set(re.findall(r"`([a-z_]+)`", words)) for address, words in ROW.findall(part)}


def described(document: dict) -> dict[str, set[str]]:
    """The addresses that the description names as read, without records of lists."""
    read = {path: verbs["get"] for path, verbs in document["paths"].items() if "get" in verbs}
    return {
        path.removeprefix("/api/v1/"): {one["name"] for one in verb.get("parameters", ()) if one["in"] == "query"}
        for path, verb in read.items()
    }


def test_the_table_of_the_docs_is_what_there_is(api):
    known = described(api("officer").get("schema/").body)
    said = table()
    assert [address for address in said if address not in known] == []
    lists = {address for address in known if not BELOW.search(address)}
    told_apart = {address for address in said if BELOW.search(address)}
    assert sorted(lists - set(said)) == []
    wrong = {each: (said[each], known[each] - PAGING) for each in sorted(lists | told_apart)}
    assert {each: pair for each, pair in wrong.items() if pair[0] != pair[1]} == {}
