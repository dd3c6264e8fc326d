"""Words and the values they mean, in English and Chinese. No I/O."""
