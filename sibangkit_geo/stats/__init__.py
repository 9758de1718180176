"""The statistical library beside the application: nothing in the house imports it."""
