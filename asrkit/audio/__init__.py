"""Sound in: recordings read, mixed to one channel, resampled, cut; where there is only silence."""
