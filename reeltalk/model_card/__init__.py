"""The card of a model repo, written from the model folder."""

from reeltalk.model_card.provenance import CardLinks, is_of_the_sample, without_paths
from reeltalk.model_card.rendering import render_card

__all__ = ["CardLinks", "is_of_the_sample", "render_card", "without_paths"]
