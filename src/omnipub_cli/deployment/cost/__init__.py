"""What a stage on AWS costs a month: prices, units, and the bill that they make."""
