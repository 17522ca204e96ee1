"""Facts of one child and a day in; record, deadlines, alerts and questions out."""
