"""What the search report says of its plots."""

INTRODUCTION = """\
# What a search costs, and what it finds

How time, memory and recall change as banks grow, and what a search waits for while the machine does
other work. Numbers come from raw rows, by `benchmarks/search_figures.py` and
`benchmarks/search_goals.py`; [how to measure](../how-to/measure.md#search) says how to repeat them.
Up to a few hundred references are real media; the others have descriptors, hashes and keys drawn
like the real ones, and cost what real ones cost. Times are of one processor core, unless they say
that they are by the clock."""

TEXTS = {
    "hashes": (
        "All hashes within 31 bits of one hash, beside FAISS's exact scan of the same rows in the "
        "same run. *Found*: of those that the scan finds."
    ),
    "descriptors": (
        "The rows nearest to any of the views of a disguised picture. *Found*: originals that an "
        "exact scan has among its first fifty, and the index too."
    ),
    "sound": (
        "Windows of 12 s that share most with ten seconds of disguised sound. *Found*: the window "
        "where they begin comes first."
    ),
    "searched": (
        "Disguised pictures are searched for in a bank of pictures. What is not in the bars: "
        "decoding, which depends on the file. What is looked at closely is a shortlist, whose "
        "length does not depend on the size of the bank."
    ),
    "recall": (
        "Of true pairs, the share that matches when each pair is compared alone, and when the "
        "original is one among many. *Lost* pairs match alone and not in the search; *false*: "
        "queries that match something that they were not made of."
    ),
    "media": (
        "Disguised clips, disguised sounds, stills cut out of films and disguised, soundtracks of "
        "ten seconds alone and under other pictures, in a bank of films and sounds. Shares are of "
        "true pairs, and of the segments that they repeat: *in place* are those told with all ends "
        "true to a second. *Lost* pairs match alone and not in the search, *worse* ones score less "
        "there by more than 0.01. Times are processor milliseconds, without decoding."
    ),
    "bytes": (
        "Of the index alone, in memory with the program that measures (some 300 MB); what is kept "
        "to look at references closely lies in the blob store."
    ),
    "truth": "SQLite, with references that are hashes. A search asks for candidates and digests.",
    "freshness": (
        "Through the index process, from the moment the truth acknowledged a reference until a "
        "search finds it; a removal holds from its commit on, as the truth is asked at the end."
    ),
    "load": (
        "One client of a server, `POST /v1/search` with small pictures one after the other, "
        "decoding and all. The dashed line is three times the p99 at rest. *MB*: the most that the "
        "server held with its decoders and with what was started beside it; *files*: ingested."
    ),
    "filled": "Pictures that go into an empty bank, each step with as many workers as cores.",
}
