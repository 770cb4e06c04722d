"""What the site's files are called, below its folder and below its address alike."""


def index_name(language: str, home: str) -> str:
    """Name the index page of a language; the department's first language has the plain name."""
    return "index.html" if language == home else f"index.{language}.html"


def feed_name(form: str, language: str, home: str) -> str:
    """Name a feed (`rss`, `atom`, `json`) of a language; the department's first language has the plain name."""
    return f"feed.{form}" if language == home else f"feed.{language}.{form}"


def revision_name(id: str, revision: int) -> str:  # noqa: A002 (the notification's own word)
    """Name the CAP document of a revision."""
    return f"cap/{id}.{revision}.xml"


def newest_name(id: str) -> str:  # noqa: A002 (the notification's own word)
    """Name the CAP document of whichever revision is the newest."""
    return f"cap/{id}.xml"
