"""The HTTP service: reads projections, writes unsigned transactions."""
