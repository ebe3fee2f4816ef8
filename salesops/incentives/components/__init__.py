"""What each kind of component is worth to date, as expressions over the columns of a payee's states."""
