"""Is anybody treated worse because they pay seldom, or for where they live?"""
