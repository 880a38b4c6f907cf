"""The exceptions of the package."""


class UnusableModel(ValueError):
    """A model that SampleGrad cannot take; the message says why, and what to do."""
