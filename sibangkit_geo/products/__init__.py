"""Draw: classes, colours and legends, the web pages and the printed annex."""
