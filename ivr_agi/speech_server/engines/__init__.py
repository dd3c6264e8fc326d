"""Speech engines behind the three interfaces of :mod:`ivr_agi.speech_server.engines.base`."""
