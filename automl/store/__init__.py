"""The store: finished values by key, whole or not at all, checksummed.

Layout, format 2::

    .automl/store/FORMAT
    .automl/store/lock                         who writes
    .automl/store/ab/abcdef.../record.json     the recipe, fingerprints, sizes and checksums of the other files, its own
    .automl/store/ab/abcdef.../columns.arrow   the columns that this value wrote (others lie with their owners)
    .automl/store/ab/abcdef.../state.zip       plain values and arrays (`automl.codec`)
    .automl/store/ab/abcdef.../scratch         an empty mark: this value may be evicted
    .automl/store/axis/...                     row ids and partitions by content hash, shared between values
    .automl/store/recipes/...                  the recipe last seen under a stage's name: tells why it runs again
    .automl/store/runs/...                     which values the newest run of each pipeline stands on
    .automl/store/tmp/                         half-written values; swept when a writer opens the store

A value is written under ``tmp`` and renamed; it is removed by renaming it into ``tmp``. Only the driver writes, one run
at a time (`Store.locked`); workers read, without a lock.

Read in this order: `values` (the store), `tables` (datasets on disk), `recent` (those still in memory), `integrity`
(what whole means), `scratch` (what is capped), `collecting` (what goes first), `migrating` (older formats).
"""

from automl.store.entry import Entry
from automl.store.values import Store

__all__ = ["Entry", "Store"]
