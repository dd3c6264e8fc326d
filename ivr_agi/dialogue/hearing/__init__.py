"""What the plugin itself hears of the caller: voice, echo, onset."""
