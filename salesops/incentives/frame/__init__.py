"""Who is on a comp plan when, cut at everything that changes, and the targets and pay that follow."""
