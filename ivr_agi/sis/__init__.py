"""The speech service's side: SIS recognition and synthesis over WebSocket.

``messages`` ``events`` ``chunks`` ``recognition`` ``protocol`` ``synthesis`` ``service`` do no I/O;
``connection`` ``client`` ``vocabularies`` are shells. Imports only errors and audio.
"""
