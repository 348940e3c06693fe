"""Everything a developer of ReelTalk runs: reviews in, measured models out.

The modules import only from those that stand above them in the README's tree, and from
`reeltalk_inference`, which the Space runs without this package.
"""
