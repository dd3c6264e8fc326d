"""Access to the speech service: endpoints, credentials, REST, and what to do when it fails."""
