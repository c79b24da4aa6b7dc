"""What is measured: from a pick to the screens of all who listen, against a bare broadcaster of the same bytes.

Both are servers of one process, with the same number of listeners at the same time, who share another process. They get
news in turn. The time of ours begins when the pick is committed.
"""
