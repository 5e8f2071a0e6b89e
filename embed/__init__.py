"""The page that other sites show in a frame, its picture, and a demo of such a site."""
