"""What programs may ask of pages: our own API, and the address of Microsoft's booking pages."""
