"""Who can walk to elder care in 15 minutes, who cannot, and where new sites do the most good."""

__version__ = "0.1.0"
