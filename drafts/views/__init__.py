"""The pages of drafts, a module per kind."""
