"""The rooms of benchmarks/inference.py: engines, their processes, limits, growth and tables."""
