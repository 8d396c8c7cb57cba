"""What an investor holds."""
