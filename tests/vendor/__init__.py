"""The vendor's own code against the local speech server.

On PyPI is ``huaweicloudsdksis``: the REST client (hot-word tables) and, in ``huaweicloudsdkcore``,
the AK/SK signer. The real-time clients (``RasrClient``, ``RttsClient`` of ``huaweicloud_sis``) are
a download from the vendor's site; they were not found in PyPI or npm (November 2026).
``websocket-client``, which they and the samples of the vendor's pages are built on, is used here in
their place, with the messages that were captured from them (``sis-protocol.md`` 14).
"""
