"""What is told about bookings: mails and calendar files."""
