"""The vocabulary: types that stages hand to each other."""
