//! Where machines meet the world: the in-memory channel, the drive loop, sockets.
