"""The API, a module for each kind of call; every function answers one of them."""
