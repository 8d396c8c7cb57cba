"""The version of the API's answers; it is part of every ETag."""

VERSION = "0.1.0"
