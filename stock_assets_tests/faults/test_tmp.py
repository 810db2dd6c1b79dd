import time
from datetime import date
from stock_assets_tests.faults.conftest import World, SYMBOLS
from stock_assets_tests.faults import invariants as inv
from stock_assets_tests.twin_home import sessions
from stock_assets.ingest.feeds import FEEDS
DAYS = sessions(date(2025,7,16), date(2025,7,30))
def test_x(world: World):
    for f in FEEDS[1:]:
        t=time.time()
        try:
            r=world.fetch(f.key, DAYS)
            print(f.key, round(time.time()-t,2), r.requests, r.rows_appended, r.rows_quarantined, dict(r.gaps), list(r.failed.values())[:1])
        except Exception as e: print(f.key, repr(e)[:300])
    t=time.time(); s=inv.snapshot(world.lake()); print('snap',time.time()-t)
    t=time.time(); inv.everything(world.lake()); print('all',time.time()-t)
    inv.assert_one_row_per_key(world.lake(), restated=())
    print(world.calm_after("raw/yahoo_prices", DAYS)['prices'], s['prices'])
