"""What the words of a theme mean in the data: categories, scenes, shops and products."""
