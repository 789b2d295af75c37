"""What every use case that moves a delivery needs: gate, conditional writes, pointers, driver."""
