"""Call flows: what a YAML file says, checked, and run over a dialogue. Nothing below imports it."""
