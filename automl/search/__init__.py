"""Searching: spaces, the ledger, budgets and the ask/tell loop. Knows contracts only."""
