"""The analyst's door: documented SQL views over the read models, in the schema `analytics`."""
