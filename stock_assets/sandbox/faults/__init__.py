"""What goes wrong between a vendor and its asker, on purpose: rules, deterministic and counted.

Belongs here: which requests a rule strikes, and what then happens to ask, answer and bytes.
Does not belong here: what any vendor says when all is well; a name that is not resolved and a
connection that is refused, which happen before the twin is asked: point the asker at a name that
does not exist or at a closed port instead.

A rule is ``{"id", "match", "action", "times", "probability", "seed"}``; only ``action`` must be
there. All rules that strike a request act, in the order of the list: a later stand-in replaces the
answer, a later change changes what the former ones left.

``match`` (all that is given must hold; nothing given means every request to a vendor):

========  ==========================================================================================
vendor    the first part of the path: ``polygon``, ``yahoo`` ...
method    ``GET``
path      a regular expression, searched in what follows the vendor's prefix (and Yahoo's host)
query     ``{"cursor": "*"}`` there with any value, ``{"sort": "asc"}`` this one, a list: one of
          them, ``null``: not there
after     this many matching requests pass first
nth       only these of the rest, counted from 1: ``2`` or ``[1, 2]``
========  ==========================================================================================

``times``: at most so often. ``probability`` with ``seed``: the same request, asked for the n-th
time, always has the same luck, whatever else is asked in between.

``action`` by kind (in brackets: what may be left out):

=============  =====================================================================================
status         [status, headers, body_preset]: an answer in place of the vendor's; one of the first
               and the last must be there. presets.py knows the vendors' words
flap           period, [status, body_preset]: ``period`` requests fail, as many pass, and so on
redirect       [to, times, status]: elsewhere; without ``to`` to the same address, round and round
replace_body   text | body (JSON) [content_type, status, encoding]: without text and body the
               vendor's own, under another content type or status
truncate_json  [at]: bytes kept, negative: bytes cut off, between 0 and 1: the share kept
mutate         jsonpath, op, [value]: see mutations.py
restated       field, factor, [from_date]: rows from that day on have the field multiplied
future         [days]: the newest row once more, so many days later
stale          as_of | days: asks as if it were then, or so many days ago
huge           mb | rows: blown up with blanks, or by repeating the rows
delay          ms, [where, chunks]: ``before_headers`` or ``between_chunks``
hang           [after_bytes, max_s]: silence, until the asker goes, the twin stops, or ``max_s``
reset          [after_bytes]: the connection is reset
close          [after_bytes]: the connection is closed; Content-Length promised more
slow_drip      bytes_per_s
gzip_corrupt   half of the body can be unpacked
wrong_length   [by]: Content-Length is wrong by so many bytes
chaos          seed, [kinds]: one of these for each request, drawn by luck; see chaos.py
=============  =====================================================================================

``after_bytes`` counts bytes of the body as they go over the wire, at most all but the last one;
without it not even the headers are sent, and the vendor is not asked.
"""

from stock_assets.sandbox.faults.board import Faults

__all__ = ["Faults"]
