"""The benchmarks behind `manage.py bench`: each scenario returns its figures, measured here and now.

Only ratios within one run mean anything on a machine that others use too; every figure comes with its spread.
"""
