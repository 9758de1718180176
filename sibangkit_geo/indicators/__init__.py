"""Measure: from households and profiles to one row of numbers per village."""
