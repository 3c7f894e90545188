"""Arrays to pictures: stretch, composites, colours, warp and encoders."""
