"""The hub: reconcile one record for each child, run the statutory clocks, emit what became due."""
