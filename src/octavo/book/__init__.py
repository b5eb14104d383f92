"""The press: chapters and the library's own source become a book."""
