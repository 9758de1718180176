"""Read: boundaries, village profiles and household registers, as tables this package trusts."""
