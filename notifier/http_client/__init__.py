"""The one HTTP client, and the one place that classifies a failure.

`requests` speaks; it never retries, follows no redirect, and keeps no cookie. Every failure of the wire becomes an
outcome here, in our own words: a library's error text may carry a URL with a secret in it.

Two facts decide what a failure means. Before the connection stands, nothing was sent: that may be tried again. From the
first byte of the request on, the service may have acted: that is unknown, whatever broke.

client.py asks; reply.py is the answer; words.py makes a service's words and addresses harmless; connections.py and
failures.py, which import requests, are imported with the first request.
"""

from notifier.http_client.client import CONNECT_TIMEOUT, MOST_REPLY, USER_AGENT, HttpClient
from notifier.http_client.reply import LONGEST_WAIT, Reply, retry_time
from notifier.http_client.words import BaseAddress, ServiceAddress, profile_words, public_address, service_words

__all__ = [
    "CONNECT_TIMEOUT",
    "LONGEST_WAIT",
    "MOST_REPLY",
    "USER_AGENT",
    "BaseAddress",
    "HttpClient",
    "Reply",
    "ServiceAddress",
    "profile_words",
    "public_address",
    "retry_time",
    "service_words",
]
