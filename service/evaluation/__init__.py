"""How good the answers are, measured through the code that gives them."""
