"""Feeds are read without any of XML's dangers."""

from __future__ import annotations

import pytest

from stock_assets.errors import ContractError, PayloadError, VendorError, VendorOutage
from stock_assets.vendors.plain_xml import items

FEED = b"""<?xml version="1.0" encoding="utf-8" ?>
<rss version="2.0"><channel><title>FRB</title>
<item><title>One &amp; two</title><link><![CDATA[https://a.example/1]]></link></item>
<item><title><![CDATA[Three]]></title><link>https://a.example/2</link></item>
</channel></rss>"""

BOMB = b"""<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>
<rss><channel><item><title>&c;</title></item></channel></rss>"""
FOREIGN = b"""<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<rss><channel><item><title>&x;</title></item></channel></rss>"""
NAMED = b"""<?xml version="1.0"?><!DOCTYPE rss SYSTEM "http://evil.example/rss.dtd"><rss></rss>"""


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_items_are_texts_with_or_without_cdata_and_byte_order_mark(mark: bytes) -> None:
    assert items("feed", mark + FEED) == [
        {"title": "One & two", "link": "https://a.example/1"},
        {"title": "Three", "link": "https://a.example/2"},
    ]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(BOMB, id="C13-entity-bomb"),
        pytest.param(FOREIGN, id="C13-external-entity"),
        pytest.param(NAMED, id="C13-document-type"),
    ],
)
def test_document_types_and_entities_are_refused(body: bytes) -> None:
    with pytest.raises(ContractError, match="refused"):
        items("feed", body)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        pytest.param(FEED[:200], PayloadError, id="C01-truncated"),
        pytest.param(b"", PayloadError, id="empty"),
        pytest.param(b"%PDF-1.4 not a feed", PayloadError, id="not-xml"),
        pytest.param(b"\xef\xbb\xbf<!DOCTYPE html><html>", VendorOutage, id="B-web-page"),
        pytest.param(b"<feed><entry/></feed>", ContractError, id="other-xml"),
        pytest.param(b"<rss><channel>" + b"<a>" * 99 + b"</a>" * 99, ContractError, id="C12-deep"),
    ],
)
def test_what_is_no_feed_is_a_typed_error(body: bytes, kind: type[VendorError]) -> None:
    with pytest.raises(kind):
        items("feed", body)


def test_a_feed_without_items_is_empty() -> None:
    assert items("feed", b"<rss><channel><title>x</title></channel></rss>") == []
