"""The local speech service: SIS on loopback with engines that need no network and no account.

Needs the extra ``[local]``, but for what rehearsals take: requests, and what regions refuse. It
runs in a process of its own, because espeak-ng is GPL-3.0-or-later: the plugin never loads it.
"""
