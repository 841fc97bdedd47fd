"""The language of conditions: what an admin may ask about a contact, checked before it runs and compiled once."""
