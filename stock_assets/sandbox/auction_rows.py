"""An auction as FiscalData's row: a hundred columns of text, most of them missing.

Belongs here: the columns of ``auctions_query`` in order, and which of them hold what before and
after the auction. Does not belong here: how rows are asked for (fiscaldata.py, treasury.py).
"""

from __future__ import annotations

from datetime import date
from typing import Final

from stock_assets.sandbox.fiscaldata import MISSING, Row
from stock_assets.sandbox.truth.auctions import Auction

_COLUMNS: Final = """
record_date cusip security_type security_term auction_date issue_date maturity_date price_per100
accrued_int_per100 accrued_int_per1000 adj_accrued_int_per1000 adj_price allocation_pctage
allocation_pctage_decimals announcemtd_cusip announcemt_date auction_format avg_med_discnt_rate
avg_med_investment_rate avg_med_price avg_med_discnt_margin avg_med_yield back_dated
back_dated_date bid_to_cover_ratio callable call_date called_date cash_management_bill_cmb
closing_time_comp closing_time_noncomp comp_accepted comp_bid_decimals comp_tendered
comp_tenders_accepted corpus_cusip cpi_base_reference_period currently_outstanding dated_date
direct_bidder_accepted direct_bidder_tendered est_pub_held_mat_by_type_amt fima_included
fima_noncomp_accepted fima_noncomp_tendered first_int_period first_int_payment_date floating_rate
frn_index_determination_date frn_index_determination_rate high_discnt_rate high_investment_rate
high_price high_discnt_margin high_yield index_ratio_on_issue_date indirect_bidder_accepted
indirect_bidder_tendered int_payment_frequency int_rate low_discnt_rate low_investment_rate
low_price low_discnt_margin low_yield mat_date max_comp_award max_noncomp_award max_single_bid
min_bid_amt min_strip_amt min_to_issue multiples_to_bid multiples_to_issue nlp_exclusion_amt
nlp_reporting_threshold noncomp_accepted noncomp_tenders_accepted offering_amt original_cusip
original_dated_date original_issue_date original_security_term pdf_filenm_announcemt
pdf_filenm_comp_results pdf_filenm_noncomp_results primary_dealer_accepted primary_dealer_tendered
ref_cpi_on_dated_date ref_cpi_on_issue_date reopening security_term_day_month
security_term_week_year series soma_accepted soma_holdings soma_included soma_tendered spread
std_int_payment_per1000 strippable tiin_conversion_factor_per1000 total_accepted total_tendered
treas_retail_accepted treas_retail_tenders_accepted unadj_accrued_int_per1000 unadj_price
xml_filenm_announcemt xml_filenm_comp_results inflation_index_security tint_cusip_1 tint_cusip_2
pdf_filenm_spec_announcemt
"""
_EMPTY: Final = dict.fromkeys(_COLUMNS.split(), MISSING)
_SECOND_LETTERS: Final = {"Bill": "B", "Note": "N", "Bond": "B"}


def _type_of(name: str) -> str:
    if name.endswith(("_date", "_payment_date")):
        return "DATE"
    if name.endswith(("_accepted", "_tendered", "_amt", "_award", "_holdings")):
        return "CURRENCY"
    is_rate = name.endswith(("_rate", "_yield", "_price", "_ratio", "per100", "per1000", "_margin"))
    return "NUMBER" if is_rate else "STRING"


COLUMNS: Final = {name: _type_of(name) for name in _EMPTY}


def announced(auction: Auction) -> Row:
    """The row from the announcement to the auction."""
    kind = auction.kind
    stem = f"{auction.announced_on:%Y%m%d}"
    letter = _SECOND_LETTERS[kind.security_type]
    row = {
        **_EMPTY,
        "record_date": str(auction.issue_on),
        "cusip": auction.cusip,
        "security_type": kind.security_type,
        "security_term": auction.term,
        "auction_date": str(auction.auction_on),
        "issue_date": str(auction.issue_on),
        "maturity_date": str(auction.maturity_on),
        "mat_date": str(auction.maturity_on),
        "announcemtd_cusip": auction.cusip,
        "announcemt_date": str(auction.announced_on),
        "auction_format": "Single-Price",
        "back_dated": "No",
        "callable": "No",
        "cash_management_bill_cmb": "No",
        "closing_time_comp": "11:30 AM" if auction.is_bill else "01:00 PM",
        "closing_time_noncomp": "11:00 AM" if auction.is_bill else "12:00 PM",
        "comp_bid_decimals": "3",
        "fima_included": "Yes",
        "floating_rate": _yes(kind.is_frn),
        "inflation_index_security": _yes(kind.is_tips),
        "int_payment_frequency": _frequency(auction),
        "max_comp_award": str(auction.offering * 35 // 100),
        "max_noncomp_award": "10000000",
        "max_single_bid": str(auction.offering * 35 // 100),
        "min_bid_amt": "100",
        "min_to_issue": "100",
        "multiples_to_bid": "100",
        "multiples_to_issue": "100",
        "nlp_reporting_threshold": str(auction.offering * 35 // 100),
        "offering_amt": str(auction.offering),
        "original_security_term": kind.term,
        "pdf_filenm_announcemt": f"A_{stem}_1.pdf",
        "reopening": _yes(auction.is_reopening),
        "security_term_day_month": _left_over(auction),
        "security_term_week_year": auction.term.split(" ")[0],
        "series": f"{letter}-{auction.maturity_on.year}",
        "soma_included": "No",
        "strippable": _yes(not auction.is_bill and not kind.is_frn),
        "xml_filenm_announcemt": f"A_{stem}_1.xml",
    }
    if auction.is_reopening:
        row["original_issue_date"] = str(auction.issued_first_on)
    if not auction.is_bill:
        row["dated_date"] = str(auction.issued_first_on)
    return row


def held(auction: Auction) -> Row:
    """The row once the results are public."""
    results = auction.results
    stem = f"{auction.auction_on:%Y%m%d}"
    money = {
        "comp_accepted": results.competitive_accepted,
        "comp_tendered": results.competitive_tendered,
        "noncomp_accepted": results.noncompetitive,
        "fima_noncomp_accepted": results.fima,
        "fima_noncomp_tendered": results.fima,
        "soma_accepted": results.soma,
        "soma_tendered": results.soma,
        "total_accepted": results.total_accepted,
        "total_tendered": results.total_tendered,
        "treas_retail_accepted": results.noncompetitive // 200 * 100,
    }
    for number, bidder in enumerate(("primary_dealer", "direct_bidder", "indirect_bidder")):
        money[f"{bidder}_accepted"] = results.accepted_by[number]
        money[f"{bidder}_tendered"] = results.tendered_by[number]
    return {
        **announced(auction),
        **{name: str(amount) for name, amount in money.items()},
        "bid_to_cover_ratio": f"{results.bid_to_cover:.6f}",
        "allocation_pctage": "50.000000",
        "allocation_pctage_decimals": "2",
        "comp_tenders_accepted": "Yes",
        "noncomp_tenders_accepted": "Yes",
        "pdf_filenm_comp_results": f"R_{stem}_1.pdf",
        "xml_filenm_comp_results": f"R_{stem}_1.xml",
        **_prices(auction),
    }


def _prices(auction: Auction) -> Row:
    """Rates and prices, in the columns that this kind of security uses."""
    rate = auction.results.rate
    if auction.is_bill:
        life = (auction.maturity_on - auction.issue_on).days
        price = 100 * (1 - rate / 100 * life / 360)
        invested = 100 * (100 - price) / price * 365 / life
        return {
            "high_discnt_rate": _six(rate),
            "high_investment_rate": _six(invested),
            "high_price": _six(price),
            "price_per100": _six(price),
            "low_discnt_rate": _six(rate - 0.05),
            "avg_med_discnt_rate": _six(rate - 0.02),
        }
    if auction.kind.is_frn:
        prices = {"high_discnt_margin": rate, "low_discnt_margin": rate - 0.05, "spread": rate}
        return {name: _six(v) for name, v in prices.items()} | {"price_per100": _six(100.0)}
    coupon = max(0.125, int(rate * 8) / 8)
    price = _present_value(rate, coupon, auction.issue_on, auction.maturity_on)
    return {
        "high_yield": _six(rate),
        "low_yield": _six(rate - 0.08),
        "avg_med_yield": _six(rate - 0.04),
        "int_rate": _six(coupon),
        "high_price": _six(price),
        "price_per100": _six(price),
        "std_int_payment_per1000": _six(coupon * 5),
    }


def _present_value(rate: float, coupon: float, issued: date, matures: date) -> float:
    """Price per 100 of half-yearly coupons, without the days that have run since the last one."""
    halves = max(1, round((matures - issued).days / 182.625))
    discount = 1 + rate / 200
    annuity = sum(discount**-n for n in range(1, halves + 1))
    return coupon / 2 * annuity + 100 * discount**-halves


def _six(value: float) -> str:
    return f"{value:.6f}"


def _yes(value: bool) -> str:
    return "Yes" if value else "No"


def _frequency(auction: Auction) -> str:
    if auction.is_bill:
        return "None"
    return "Quarterly" if auction.kind.is_frn else "Semi-Annual"


def _left_over(auction: Auction) -> str:
    if auction.is_bill:
        return f"{(auction.maturity_on - auction.issue_on).days}-Day"
    return auction.term.partition(" ")[2] or "0-Month"
