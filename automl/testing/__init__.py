"""What plugin authors test with: contract suites to inherit, and real stand-ins for both ends of every seam."""
