"""Where the speech service is, who we are to it, and what to do when it fails."""
