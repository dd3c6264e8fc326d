"""Speech engines behind three small interfaces (:mod:`ivr_agi.speech_server.engines.base`)."""
