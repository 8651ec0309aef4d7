//! The bundle agent: receives, stores, forwards, delivers.
