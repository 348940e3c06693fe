"""The error of a folder that cannot be read as a model; what to do about it is the caller's."""


class UnusableModelError(Exception):
    """A model folder or word model that is missing a part, is damaged, or makes no sense.

    The message is one line naming the file and what is wrong with it.
    """
