"""The reviews behind the chips: written for this page, one for each way of writing."""

EXAMPLES = {
    "Rave": (
        "A small miracle of a film. Every performance feels lived in, the camera lingers where it "
        "should, and the last ten minutes left the whole row wiping their eyes. I would see it "
        "again tomorrow."
    ),
    "Pan": (
        "Two hours of people shouting in grey corridors. The jokes are stale, the twist is visible "
        "from the first scene, and the score never shuts up. Tedious from start to finish."
    ),
    "Slang": (
        "ngl this absolutely slapped \U0001f525 the soundtrack goes so hard and the lead ate every "
        "single scene, no crumbs left. certified banger"
    ),
    "Mixed": (
        "The two sisters are a joy to watch together and every street looks painted, but the plot "
        "creaks, and the last act is over before it has begun."
    ),
    "Lukewarm": (
        "It passes the time. Nothing in it is bad and nothing in it stays with you; by the next "
        "morning I had to look up how it ended."
    ),
    "Sarcasm": (
        "Oh wonderful, another sequel that nobody asked for. I especially loved the part where "
        "the villain explains the whole plot twice, in case we had managed to nod off."
    ),
}
