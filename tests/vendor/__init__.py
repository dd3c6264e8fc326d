"""The vendor's own code against the local speech server.

On PyPI is ``huaweicloudsdksis``: the REST client (hot-word tables) and, in ``huaweicloudsdkcore``,
the AK/SK signer. The real-time clients (``RasrClient``, ``RttsClient`` of ``huaweicloud_sis``) were
not found in the registry; ``websocket-client``, which they are built on, is used here in their
place, with the messages that were captured from them (``sis-protocol.md`` 14).
"""
