//! Licklider transmission: segments, claims, sender, receiver, engine.
