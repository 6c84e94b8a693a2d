"""The exercises of the notebooks, a module for each topic; `exercise` finds them by id."""
