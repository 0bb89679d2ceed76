"""The weights on disk: what a model folder holds, which models are here. No Qt."""
