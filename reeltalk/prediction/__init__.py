"""`predict`: a text, standard input, a file larger than memory, or many, here or on a cluster.

Nothing here imports torch; Ray is imported by `cluster` alone.
"""

from reeltalk.prediction.running import predict

__all__ = ["predict"]
