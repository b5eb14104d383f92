"""The programs that draw the book's figures, a module for each chapter."""
