"""What IPython and Jupyter get."""
