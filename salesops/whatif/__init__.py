"""What a change of comp plans would cost, and whom: tables of pay in, tables out."""
