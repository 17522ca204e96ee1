"""What the standing facts amount to: requests run as cases, advice as chains, and which fact belongs to which."""
